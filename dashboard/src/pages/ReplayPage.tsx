// Placeholder while the first build is made.
export function ReplayPage({ session }: { session: string }) {
  return <p>{session}</p>
}
