/** The pages of the local provider: plain, and in the style that the web box serves. */

/** @param main what stands in it, escaped. */
export function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/identity/page.css">
<main>
${main}
<p>This is the identity provider of development: it lets anybody in as anybody. Production does not start with it.</p>
</main>
</html>
`
}
