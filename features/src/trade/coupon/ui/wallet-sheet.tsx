/** The sheet of the viewer's coupons, and the line on the group page that opens it. */
import { PageRow, Sheet, useOpen, useText } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { useHeld } from './held.ts'
import { countText, couponTexts } from './texts.ts'

/** Loaded when somebody first opens it. */
const WalletContent = lazy(async () => ({ default: (await import('./wallet.tsx')).WalletContent }))

export interface WalletSheetProps {
  readonly open: boolean
  readonly onClose: () => void
  /** Shown at once with its code. */
  readonly couponId?: string | undefined
}
export function WalletSheet({ open, onClose, couponId }: WalletSheetProps) {
  return (
    <Sheet open={open} onClose={onClose} title={couponTexts.mine}>
      {open && (
        <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
          <WalletContent first={couponId} />
        </Suspense>
      )}
    </Sheet>
  )
}

export function WalletSection() {
  const text = useText()
  const sheet = useOpen()
  const count = useHeld().length
  return (
    <>
      <PageRow
        label={text(couponTexts.mine)}
        {...(count > 0 && { value: text(countText(count)) })}
        onClick={sheet.show}
      />
      <WalletSheet open={sheet.open} onClose={sheet.hide} />
    </>
  )
}
