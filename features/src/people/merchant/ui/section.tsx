/** Whose group this is, on its page; for those who work there, as what. */
import type { AnswerOf, GroupId } from '@qun/contract'
import { PageRow, shopWhere, useQun, useReadable, useText, type GroupSectionProps } from '@qun/ui'
import { useEffect, useState } from 'react'
import { merchantOfGroup } from '../contract.ts'
import { StaffSheet } from './staff-sheet.tsx'
import { merchantTexts } from './texts.ts'

type Merchant = AnswerOf<typeof merchantOfGroup>['merchant']

export function MerchantSection({ group, view }: GroupSectionProps) {
  const { client } = useQun()
  const text = useText()
  const records = useReadable(client.records)
  const groupId = group.groupId as GroupId
  const path = view.gone ? undefined : view.group?.merchantPath
  const [merchant, setMerchant] = useState<Merchant>(null)
  const [isListed, setIsListed] = useState(false)
  const isOfMerchant = path !== undefined
  useEffect(() => {
    if (!isOfMerchant) return undefined
    let isLeft = false
    client.call(merchantOfGroup, { params: { groupId } }).then(
      (answer) => (isLeft ? undefined : setMerchant(answer.merchant)),
      // Without its name the line is left out; the group is the same.
      () => undefined,
    )
    return () => void (isLeft = true)
  }, [client, groupId, isOfMerchant])
  if (path === undefined || merchant === null) return null
  const works = path.map((id) => records.get(`merchant-staff/${id}`)?.body as { post: string } | null | undefined)
  const post = works.find((work) => work?.post !== undefined)?.post
  return (
    <>
      <PageRow
        label={text(merchantTexts.merchant)}
        value={merchant.name}
        {...(merchant.suspended && { hint: text(merchantTexts.suspended) })}
      />
      {post !== undefined && <PageRow label={text(merchantTexts.mine)} value={post} />}
      {shopWhere('manage', path, records) && (
        <>
          <PageRow label={text(merchantTexts.staff)} onClick={() => setIsListed(true)} />
          <StaffSheet merchantId={merchant.merchantId} view={view} open={isListed} onClose={() => setIsListed(false)} />
        </>
      )}
    </>
  )
}
