/** The whole window takes files: dragged onto it, or pasted. */
import { useEffect, useState } from 'react'
import { takeFiles } from './choose-files.ts'
import { filesOf } from './dropped-files.ts'

export function DropZone() {
  const [count, setCount] = useState(0)
  useEffect(() => {
    let depth = 0 // enter and leave come for every element on the way; only their balance tells
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const end = () => {
      depth = 0
      setCount(0)
    }
    const enter = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      depth += 1
      setCount(Math.max(1, [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === 'file').length))
    }
    const over = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
    }
    const leave = (event: DragEvent) => {
      if (!carries(event)) return
      depth -= 1
      if (depth <= 0) end()
    }
    const drop = (event: DragEvent) => {
      if (!carries(event) || !event.dataTransfer) return
      event.preventDefault()
      end()
      takeFiles(filesOf(event.dataTransfer))
    }
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length > 0) takeFiles(Promise.resolve(files))
    }
    addEventListener('dragenter', enter)
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragenter', enter)
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
      removeEventListener('paste', paste)
    }
  }, [])
  if (count === 0) return null
  return (
    <div className="drop" aria-hidden="true">
      <p>
        Let go to add {count === 1 ? 'it' : `these ${count}`}
        <span>Pictures go to the top of the gallery and develop there. A ZIP of pictures is imported.</span>
      </p>
    </div>
  )
}
