/** The sign of coupons: a ticket with its notches, drawn for the product. */
export function CouponIcon({ size = 24 }: { readonly size?: number }) {
  return (
    <svg
      className="qun-icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      aria-hidden
    >
      <path
        d="M4 6.5h16a1 1 0 0 1 1 1v2.6a2 2 0 0 0 0 3.8v2.6a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-2.6a2 2 0 0 0 0-3.8V7.5a1 1 0 0 1 1-1z"
        strokeLinejoin="round"
      />
      <path d="M14.5 9.2v1.4m0 2.8v1.4" strokeLinecap="round" />
    </svg>
  )
}
