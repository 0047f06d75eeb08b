import type { Import } from '../api/imports.ts'

const number = new Intl.NumberFormat()

/** The files of an archive that did not become photos, each with its reason. */
export function LeftOutFiles({ found: { leftOut, leftOutCount } }: { readonly found: Import }) {
  const untold = leftOutCount - leftOut.length
  return (
    <details className="import-left">
      <summary>
        {number.format(leftOutCount)} {leftOutCount === 1 ? 'file was' : 'files were'} left out
      </summary>
      <ul>
        {leftOut.map(({ file, code, detail }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two files of an archive may have one name, and the list never changes
          <li key={index} title={code}>
            <b>{file}</b> <span>{detail}</span>
          </li>
        ))}
        {untold > 0 && <li>And {number.format(untold)} more.</li>}
      </ul>
    </details>
  )
}
