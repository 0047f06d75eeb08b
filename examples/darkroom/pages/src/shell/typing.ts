/** True when a key belongs to a field or a dialog and not to the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null
  return target?.closest('input, textarea, select, [contenteditable="true"], dialog') != null
}
