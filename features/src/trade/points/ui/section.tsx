/** The viewer's points on the group page: what they have, and the sheet behind it. */
import type { GroupId } from '@qun/contract'
import { PageRow, Sheet, useOpen, useQun, useText, type GroupSectionProps } from '@qun/ui'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { myPoints, type MyWallet } from '../contract.ts'
import { countText, pointsTexts } from './texts.ts'

/** Loaded when somebody first opens it. */
const WalletContent = lazy(async () => ({ default: (await import('./wallet.tsx')).WalletContent }))

export function PointsSection({ group, view }: GroupSectionProps) {
  const { client, locale } = useQun()
  const text = useText()
  const sheet = useOpen()
  const groupId = group.groupId as GroupId
  const [wallet, setWallet] = useState<MyWallet>()
  const load = useCallback(async () => {
    try {
      setWallet(await client.call(myPoints, { params: { groupId } }))
    } catch {
      // The line stands without a number; the sheet says that it could not be loaded.
    }
  }, [client, groupId])
  // A friends' group has nobody whose points these would be.
  const isHere = view.group?.merchantPath !== undefined && !view.gone
  useEffect(() => {
    if (isHere) void load()
  }, [load, isHere])
  if (!isHere) return null
  return (
    <>
      <PageRow
        label={text(pointsTexts.mine)}
        {...(wallet !== undefined && { value: countText(wallet.balance, locale) })}
        onClick={() => {
          void load()
          sheet.show()
        }}
      />
      <Sheet open={sheet.open} onClose={sheet.hide} title={pointsTexts.mine}>
        {sheet.open && (
          <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
            <WalletContent groupId={groupId} wallet={wallet} />
          </Suspense>
        )}
      </Sheet>
    </>
  )
}
