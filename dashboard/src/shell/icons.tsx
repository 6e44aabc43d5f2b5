// The few icons of the shell, drawn by hand, one stroke width.
import type { ReactNode } from 'react'

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className="h-5 w-5 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}

export const PulseIcon = () => (
  <Icon>
    <path d="M3 12h4l3-7 4 14 3-7h4" />
  </Icon>
)

export const AlertIcon = () => (
  <Icon>
    <path d="M12 4 3.5 19h17L12 4Z" />
    <path d="M12 10v4M12 16.6v.1" />
  </Icon>
)

export const ConversationsIcon = () => (
  <Icon>
    <path d="M4 5h12v8H9l-4 3.5V13H4ZM16 9h4v7h-1v3l-3.5-3H11" />
  </Icon>
)

export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8" r="3.2" />
    <path d="M3.5 19a5.5 5.5 0 0 1 11 0M15.5 5.3a3.2 3.2 0 0 1 0 5.4M17.5 14a5.5 5.5 0 0 1 3 5" />
  </Icon>
)

export const ReactionsIcon = () => (
  <Icon>
    <path d="M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.4 4.3 4.3 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z" />
  </Icon>
)

export const CompareIcon = () => (
  <Icon>
    <path d="M4 20V4M4 20h16M7 15l4-4 3 2 5-6M7 18l4-2 3-5 5 4" />
  </Icon>
)

export const DataIcon = () => (
  <Icon>
    <ellipse cx="12" cy="6" rx="7.5" ry="2.8" />
    <path d="M4.5 6v12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8V6M4.5 12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8" />
  </Icon>
)

export const MoreIcon = () => (
  <Icon>
    <path d="M6 12v.1M12 12v.1M18 12v.1" strokeWidth="2.6" />
  </Icon>
)

export const IngestIcon = () => (
  <Icon>
    <path d="M12 4v10m0 0 4-4m-4 4-4-4M4 16v4h16v-4" />
  </Icon>
)

export const ServerIcon = () => (
  <Icon>
    <path d="M4 5h16v6H4zM4 13h16v6H4zM7.5 8v.1M7.5 16v.1M11 8h6M11 16h6" />
  </Icon>
)

export const KeyIcon = () => (
  <Icon>
    <circle cx="8" cy="15" r="4" />
    <path d="m11 12 8-8M16 7l3 3M14 9l2 2" />
  </Icon>
)

export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6" />
    <path d="m20 20-4.5-4.5" />
  </Icon>
)

export const SunIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4" />
  </Icon>
)

export const MoonIcon = () => (
  <Icon>
    <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z" />
  </Icon>
)

export const SystemIcon = () => (
  <Icon>
    <rect x="3" y="5" width="18" height="12" rx="2" />
    <path d="M9 21h6" />
  </Icon>
)

export const StageIcon = () => (
  <Icon>
    <rect x="3" y="4" width="18" height="12" rx="2" />
    <path d="M12 16v4M8 20h8" />
  </Icon>
)

export const PlayIcon = () => (
  <Icon>
    <path d="M7 5v14l12-7Z" fill="currentColor" />
  </Icon>
)

export const PauseIcon = () => (
  <Icon>
    <path d="M8 5v14M16 5v14" strokeWidth="3" />
  </Icon>
)

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" className="h-8 w-8" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.6" strokeLinecap="round">
        <path d="M7.5 15v2M12 12v8M16.5 8v16M21 11.5v9M25 15v2" />
      </g>
    </svg>
  )
}
