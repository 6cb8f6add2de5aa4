/** The ways out: leaving, and for the owner disbanding. Each says what it means before it happens. */
import { Dialog, fill, PageRow, useOpen, useText, type GroupSectionProps } from '@qun/ui'
import { disbandGroup, leaveGroup } from '../contract.ts'
import { membershipTexts } from './texts.ts'

export function LeaveSection({ view, viewer, client }: GroupSectionProps) {
  const text = useText()
  const leaving = useOpen()
  const disbanding = useOpen()
  const { group } = view
  if (!group || group.disbandedAt !== undefined) return null
  const params = { groupId: group.groupId }
  // A group must have an owner, so the owner hands it over (in a member's sheet) or ends it.
  if (viewer.role === 'owner') {
    return (
      <>
        <PageRow danger label={text(membershipTexts.disband)} onClick={disbanding.show} />
        <Dialog
          open={disbanding.open}
          onClose={disbanding.hide}
          title={fill(text(membershipTexts.disbandTitle), { name: group.name })}
          confirm={membershipTexts.disband}
          danger
          onConfirm={async () => void (await client.call(disbandGroup, { params, body: {} }))}
        >
          {fill(text(membershipTexts.disbandText), { n: group.memberCount })}
        </Dialog>
      </>
    )
  }
  return (
    <>
      <PageRow danger label={text(membershipTexts.leave)} onClick={leaving.show} />
      <Dialog
        open={leaving.open}
        onClose={leaving.hide}
        title={fill(text(membershipTexts.leaveTitle), { name: group.name })}
        confirm={membershipTexts.leave}
        danger
        onConfirm={async () => void (await client.call(leaveGroup, { params, body: {} }))}
      >
        {text(membershipTexts.leaveText)}
      </Dialog>
    </>
  )
}
