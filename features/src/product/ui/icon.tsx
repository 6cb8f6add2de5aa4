/** The sign of products: a shopping bag, drawn for the product. */
export function BagIcon({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" aria-hidden>
      <path d="M5.2 8.5h13.6l1 11.5H4.2z" strokeLinejoin="round" />
      <path d="M8.6 11V7.4a3.4 3.4 0 0 1 6.8 0V11" strokeLinecap="round" />
    </svg>
  )
}
