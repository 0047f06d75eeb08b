/** An address where nothing is. */
export function Nowhere({ path }: { readonly path: string }) {
  return (
    <main className="nowhere">
      <h1>There is nothing here</h1>
      <p>
        Darkroom has no page <code>{path}</code>.
      </p>
      <a className="button-primary" href="/">
        To the gallery
      </a>
    </main>
  )
}
