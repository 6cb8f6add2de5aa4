/** The sign of a flash sale: a lightning bolt, drawn for the product. */
export function SaleIcon({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" aria-hidden>
      <path d="M13 3 5 13.5h5.5L10 21l9-11h-6z" strokeLinejoin="round" strokeLinecap="round" />
    </svg>
  )
}
