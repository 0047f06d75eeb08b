/** Runs `work` for each item, at most so many at a time. */
export async function atMost<T>(count: number, items: readonly T[], work: (item: T) => unknown): Promise<void> {
  const rest = items.values()
  await Promise.all(
    Array.from({ length: Math.min(count, items.length) }, async () => {
      for (const item of rest) await work(item)
    }),
  )
}
