/** The drawn signs: one pen, 20 units square. */
import type { ReactNode } from 'react'

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      {children}
    </svg>
  )
}

export const UploadIcon = () => (
  <Icon>
    <path d="M10 13.5V3.5M6 7.2l4-4 4 4M3.5 13v2.5a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1V13" />
  </Icon>
)
export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.4" />
    <path d="M10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M15.7 4.3l-1.3 1.3M5.6 14.4l-1.3 1.3" />
  </Icon>
)
export const MoonIcon = () => (
  <Icon>
    <path d="M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z" />
  </Icon>
)
export const SystemIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.8" />
    <path className="icon-filled" d="M10 3.2a6.8 6.8 0 0 1 0 13.6Z" />
  </Icon>
)
export const CloseIcon = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
)
export const BackIcon = () => (
  <Icon>
    <path d="M12 4.5 6.5 10l5.5 5.5" />
  </Icon>
)
export const ForwardIcon = () => (
  <Icon>
    <path d="M8 4.5 13.5 10 8 15.5" />
  </Icon>
)
export const InfoIcon = () => (
  <Icon>
    <rect x="3" y="4" width="14" height="12" rx="1.5" />
    <path d="M12.2 4v12" />
  </Icon>
)
export const DeleteIcon = () => (
  <Icon>
    <path d="M3.8 5.5h12.4M8 5.5V3.8h4v1.7M5.2 5.5l.7 10.7h8.2l.7-10.7M8.4 8.5v5M11.6 8.5v5" />
  </Icon>
)
export const RetryIcon = () => (
  <Icon>
    <path d="M16 10a6 6 0 1 1-1.8-4.3M16 3v3.4h-3.4" />
  </Icon>
)
export const CheckIcon = () => (
  <Icon>
    <path d="m4.5 10.5 3.7 3.7 7.3-8" />
  </Icon>
)
export const NotMadeIcon = () => (
  <Icon>
    <rect x="3" y="4" width="14" height="12" rx="1.5" />
    <path d="m7.7 7.7 4.6 4.6M12.3 7.7l-4.6 4.6" />
  </Icon>
)
export const DuplicateIcon = () => (
  <Icon>
    <rect x="3.2" y="6.2" width="10.6" height="10.6" rx="1.2" />
    <path d="M6.8 3.2h9a1 1 0 0 1 1 1v9" />
  </Icon>
)
