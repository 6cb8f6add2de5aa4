/** The sign of a poll: three bars, drawn for the product. */
export function PollIcon({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2.2" aria-hidden>
      <path d="M5 6.5h12M5 12h8M5 17.5h14" strokeLinecap="round" />
    </svg>
  )
}
