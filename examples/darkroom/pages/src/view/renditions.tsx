import type { Rendition, RenditionFormat } from '../api/photos.ts'
import { bytesText } from '../words.ts'

const FORMATS: readonly { readonly format: RenditionFormat; readonly name: string }[] = [
  { format: 'avif', name: 'AVIF' },
  { format: 'webp', name: 'WebP' },
  { format: 'jpeg', name: 'JPEG' },
]

/** The sizes and formats that the photo was developed in, each to be opened. */
export function Renditions({ renditions }: { readonly renditions: readonly Rendition[] }) {
  if (renditions.length === 0) return null
  const widths = [...new Set(renditions.map((r) => r.width))].sort((a, b) => a - b)
  return (
    <details className="panel-renditions">
      <summary>{renditions.length} renditions</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Width</th>
            {FORMATS.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {widths.map((width) => (
            <tr key={width}>
              <th scope="row">{width}</th>
              {FORMATS.map(({ format, name }) => {
                const found = renditions.find((r) => r.width === width && r.format === format)
                return (
                  <td key={format}>
                    {found && (
                      <a
                        href={found.url}
                        target="_blank"
                        rel="noreferrer"
                        aria-label={`${name}, ${width} pixels wide, ${bytesText(found.bytes)}`}
                      >
                        {bytesText(found.bytes)}
                      </a>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
