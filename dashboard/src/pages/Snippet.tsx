// A few lines to be copied, with the button that does it.
import { CopyButton } from '../panels/CopyButton'

export function Snippet({ title, text }: { title: string; text: string }) {
  return (
    <section className="card flex flex-col p-4">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="head">{title}</h3>
        <CopyButton text={text} label={title} />
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
