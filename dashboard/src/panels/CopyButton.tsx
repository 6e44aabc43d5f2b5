// Copies a text, and says whether that went well.
import { useState } from 'react'

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<'' | 'Copied' | 'Select and copy'>('')
  const copy = () => {
    // Without TLS browsers lend the clipboard to this machine's own pages alone.
    if (!navigator.clipboard) return setCopied('Select and copy')
    navigator.clipboard
      .writeText(text)
      .then(() => setCopied('Copied'))
      .catch(() => setCopied('Select and copy'))
  }
  return (
    <button type="button" className="btn" onClick={copy} aria-label={`Copy: ${label}`}>
      {copied || 'Copy'}
    </button>
  )
}
