// Nobody agreed to training yet: what that means, and how to ask.
import { Link } from 'wouter'
import { many } from '../lib/format'
import { Snippet } from './Snippet'

export function NoConsent({ people }: { people: number }) {
  const { origin } = window.location
  return (
    <section
      className="card tone-warning mt-4 p-4 sm:p-5"
      aria-labelledby="no-consent"
      data-testid="no-consent"
    >
      <h2 id="no-consent" className="head">
        Nobody has agreed to training yet
      </h2>
      <p className="mt-1 max-w-prose text-soft">
        Training is off for whoever was not asked, so no dataset has a row. Ask{' '}
        {people === 1 ? 'the person' : `the ${many(people, 'person', 'people')}`} in your own words,
        say what is learnt from and that they can take it back; then note each answer{' '}
        <Link href="/people" className="text-accent underline underline-offset-4">
          on their page
        </Link>{' '}
        under Consent, or from your program:
      </p>
      <div className="mt-3 grid max-w-4xl grid-cols-[minmax(0,1fr)]">
        <Snippet
          title="Ann said yes"
          text={`curl -X PUT ${origin}/v1/people/ann/consent \\\n  -H 'content-type: application/json' \\\n  -d '{"training": true, "by": "ann", "basis": "consent"}'`}
        />
      </div>
    </section>
  )
}
