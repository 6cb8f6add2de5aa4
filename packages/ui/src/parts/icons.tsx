/** The kit's pictograms: one stroke weight, one 24-unit grid, the colour of the text around them. */
import type { ReactNode } from 'react'

export interface IconProps {
  /** In px; 22 unless told. */
  readonly size?: number
}
/** A pictogram in the kit's frame; a feature draws its own sign with it. */
export function icon(name: string, shape: ReactNode, options: { readonly mirrored?: boolean } = {}) {
  function Icon({ size = 22 }: IconProps) {
    return (
      <svg
        className={options.mirrored ? 'qun-icon qun-icon--mirrored' : 'qun-icon'}
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {shape}
      </svg>
    )
  }
  Icon.displayName = `${name}Icon`
  return Icon
}

export const BackIcon = icon('Back', <path d="M15 5l-7 7 7 7" />, { mirrored: true })
export const ForwardIcon = icon('Forward', <path d="M9.5 6l6 6-6 6" />, { mirrored: true })
export const DownIcon = icon('Down', <path d="M6 9.5l6 6 6-6" />)
export const UpIcon = icon('Up', <path d="M6 14.5l6-6 6 6" />)
export const CloseIcon = icon('Close', <path d="M6 6l12 12M18 6L6 18" />)
export const CheckIcon = icon('Check', <path d="M5 12.5l4.5 4.5L19 7.5" />)
export const MoreIcon = icon(
  'More',
  <g fill="currentColor" stroke="none">
    <circle cx="5.5" cy="12" r="1.6" />
    <circle cx="12" cy="12" r="1.6" />
    <circle cx="18.5" cy="12" r="1.6" />
  </g>,
)
export const PlusIcon = icon(
  'Plus',
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 8v8M8 12h8" />
  </>,
)
export const EmojiIcon = icon(
  'Emoji',
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M8.4 14.2a4.2 4.2 0 0 0 7.2 0" />
    <path d="M9 9.4v.6M15 9.4v.6" strokeWidth="2.2" />
  </>,
)
export const KeyboardIcon = icon(
  'Keyboard',
  <>
    <rect x="2.8" y="6" width="18.4" height="12" rx="2.4" />
    <path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8.5 14.2h7" strokeWidth="2" />
  </>,
)
export const SendIcon = icon('Send', <path d="M12 19.5V5M5.8 11L12 4.8l6.2 6.2" strokeWidth="2.1" />)
export const ImageIcon = icon(
  'Image',
  <>
    <rect x="3" y="4.5" width="18" height="15" rx="3" />
    <circle cx="8.6" cy="9.8" r="1.6" />
    <path d="M3.5 17l4.6-4.2a1.6 1.6 0 0 1 2.2 0l2.2 2.1 2.5-2.4a1.6 1.6 0 0 1 2.2 0l3.5 3.4" />
  </>,
)
export const CameraIcon = icon(
  'Camera',
  <>
    <path d="M4 8.5A1.5 1.5 0 0 1 5.5 7H8l1.4-2h5.2L16 7h2.5A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z" />
    <circle cx="12" cy="13" r="3.4" />
  </>,
)
export const CopyIcon = icon(
  'Copy',
  <>
    <rect x="8.5" y="8.5" width="12" height="12" rx="2.6" />
    <path d="M15.5 8.4V6.1a2.6 2.6 0 0 0-2.6-2.6H6.1a2.6 2.6 0 0 0-2.6 2.6v6.8a2.6 2.6 0 0 0 2.6 2.6h2.3" />
  </>,
)
export const QuoteIcon = icon('Quote', <path d="M9.5 7L4.5 12l5 5M5 12h9a5.5 5.5 0 0 1 5.5 5.5" />, { mirrored: true })
export const RecallIcon = icon('Recall', <path d="M4.5 5v5h5M4.9 10A8 8 0 1 1 4 13.6" />)
export const TrashIcon = icon(
  'Trash',
  <path d="M4.5 7h15M9.5 7V4.8h5V7M6.5 7l.9 12.2h9.2L17.5 7M10.3 10.8v5M13.7 10.8v5" />,
)
export const EditIcon = icon(
  'Edit',
  <path d="M4.5 19.5l.9-4L16 4.9a1.8 1.8 0 0 1 2.6 0l.5.5a1.8 1.8 0 0 1 0 2.6L8.5 18.6l-4 .9zM14 7l3 3" />,
)
export const ClockIcon = icon(
  'Clock',
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.2V12l3.2 2" />
  </>,
)
export const QuietIcon = icon(
  'Quiet',
  <path d="M9.8 18.5a2.3 2.3 0 0 0 4.4 0M6.7 9.5v-.2A5.3 5.3 0 0 1 14.9 5M17.3 9.8v3.3l1.5 2.4H8.5M6.7 11.5v1.6l-1.5 2.4h1M4 4l16 16" />,
)
export const BellIcon = icon(
  'Bell',
  <path d="M9.8 18.5a2.3 2.3 0 0 0 4.4 0M6.7 13.1V9.3a5.3 5.3 0 0 1 10.6 0v3.8l1.5 2.4H5.2l1.5-2.4z" />,
)
export const PinIcon = icon('Pin', <path d="M12 14.5V20M8.2 4h7.6l-.8 5.6 2.5 2.9v2H6.5v-2L9 9.6 8.2 4z" />)
export const PeopleIcon = icon(
  'People',
  <>
    <circle cx="9" cy="8.4" r="3.4" />
    <path d="M2.8 19.2a6.2 6.2 0 0 1 12.4 0M15.6 5.4a3.4 3.4 0 0 1 0 6M17.4 13.9a6.2 6.2 0 0 1 3.8 5.3" />
  </>,
)
export const PersonAddIcon = icon(
  'PersonAdd',
  <>
    <circle cx="10" cy="8.4" r="3.6" />
    <path d="M3.4 19.4a6.6 6.6 0 0 1 11-4.4M18 14.5v6M15 17.5h6" />
  </>,
)
export const SearchIcon = icon(
  'Search',
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M16 16l4 4" />
  </>,
)
export const LinkIcon = icon(
  'Link',
  <path d="M10.2 13.8a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M13.8 10.2a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1" />,
)
export const QrIcon = icon(
  'Qr',
  <path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5H14zM20 14v.01M17.2 20H14v-.5M20 17.4V20" />,
)
export const GiftIcon = icon(
  'Gift',
  <path d="M4.5 11.5h15V19a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 19v-7.5zM3.5 8h17v3.5h-17zM12 8v12.5M12 8S10.8 3.5 8.4 3.5a2.2 2.2 0 0 0 0 4.5M12 8s1.2-4.5 3.6-4.5a2.2 2.2 0 0 1 0 4.5" />,
)
export const LeaveIcon = icon(
  'Leave',
  <path d="M14 4.5H7A2.5 2.5 0 0 0 4.5 7v10A2.5 2.5 0 0 0 7 19.5h7M10.5 12H20M16.5 8.5L20 12l-3.5 3.5" />,
  { mirrored: true },
)
export const WarnIcon = icon('Warn', <path d="M12 4.2l8.6 15H3.4L12 4.2zM12 10v4.2M12 16.9v.01" />)
export const ChatIcon = icon(
  'Chat',
  <path d="M4 6.8A2.8 2.8 0 0 1 6.8 4h10.4A2.8 2.8 0 0 1 20 6.8v7.4a2.8 2.8 0 0 1-2.8 2.8H11l-4.4 3.4V17A2.8 2.8 0 0 1 4 14.2V6.8z" />,
)
export const MuteIcon = icon(
  'Mute',
  <path d="M12 3.8a3 3 0 0 1 3 3v4M9 9v2.5a3 3 0 0 0 4.6 2.5M5.8 11.2a6.2 6.2 0 0 0 9.6 5.2M18.2 11.2c0 .9-.2 1.8-.5 2.5M12 17.5V20.5M4 4l16 16" />,
)
export const CrownIcon = icon('Crown', <path d="M4 8l3.8 3.2L12 5.5l4.2 5.7L20 8l-1.6 9.5H5.6L4 8z" />)
