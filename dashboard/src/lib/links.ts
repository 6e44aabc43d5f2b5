// The addresses of the pages; session ids come from strangers and are always encoded.

export const liveLink = (session: string) => `/live/${encodeURIComponent(session)}`
export const replayLink = (session: string) => `/replay/${encodeURIComponent(session)}`
