// A few lines to be copied, with the button that does it.
import { useState } from 'react'

export function Snippet({ title, text }: { title: string; text: string }) {
  const [copied, setCopied] = useState<'' | 'Copied' | 'Select and copy'>('')
  const copy = () => {
    navigator.clipboard
      ?.writeText(text)
      .then(() => setCopied('Copied'))
      .catch(() => setCopied('Select and copy'))
  }
  return (
    <section className="card flex flex-col p-4">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="head">{title}</h3>
        <button type="button" className="btn" onClick={copy} aria-label={`Copy: ${title}`}>
          {copied || 'Copy'}
        </button>
      </div>
      <pre
        className="flex-1 overflow-x-auto rounded-lg bg-sunken p-3 font-mono text-[13px] whitespace-pre"
        tabIndex={0}
      >
        {text}
      </pre>
    </section>
  )
}
