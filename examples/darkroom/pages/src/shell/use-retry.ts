import { useEffect } from 'react'
import { onReturn } from '../api/connection.ts'
import { isAway, type Problem } from '../api/problem.ts'

/** Tries again what failed because the server was away, once it is back. */
export function useRetryOnReturn(problem: Problem | undefined, retry: () => void): void {
  const isWaiting = problem !== undefined && isAway(problem)
  useEffect(() => (isWaiting ? onReturn(retry) : undefined), [isWaiting, retry])
}
