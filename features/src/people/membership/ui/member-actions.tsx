/** What the viewer may do about a member: role, mute, removal, handing over. Nothing about equals and stronger. */
import { DAY, HOUR, MINUTE, type LocalText, type Role } from '@qun/contract'
import {
  Dialog,
  fill,
  PageRow,
  PageSection,
  problemText,
  Sheet,
  ActionButton,
  useDrawnAt,
  useOpen,
  useQun,
  useText,
  type MemberSectionProps,
} from '@qun/ui'
import { muteMember, removeMember, setRole, transferGroup, unmuteMember } from '../contract.ts'
import { membershipTexts } from './texts.ts'

const strength: Record<Role, number> = { owner: 3, admin: 2, member: 1 }
const muteChoices = [
  { durationMs: 10 * MINUTE, label: membershipTexts.mute10m },
  { durationMs: HOUR, label: membershipTexts.mute1h },
  { durationMs: DAY, label: membershipTexts.mute1d },
  { durationMs: 7 * DAY, label: membershipTexts.mute7d },
  { durationMs: 30 * DAY, label: membershipTexts.mute30d },
] as const

export function MemberActions(props: MemberSectionProps) {
  const { view, viewer, member } = props
  const may = strength[viewer.role] > strength[member.role]
  if (!may || !member.active || view.group === undefined || view.group.disbandedAt !== undefined) return null
  return (
    <>
      <PageSection>
        {viewer.role === 'owner' && <RoleRow {...props} />}
        <MuteRow {...props} />
      </PageSection>
      <PageSection>
        {viewer.role === 'owner' && <TransferRow {...props} />}
        <RemoveRow {...props} ban={false} />
        <RemoveRow {...props} ban />
      </PageSection>
    </>
  )
}
const paramsOf = ({ view, member }: MemberSectionProps) => ({ groupId: view.group!.groupId, userId: member.userId })

function RoleRow(props: MemberSectionProps) {
  const { client, member } = props
  const { toast } = useQun()
  const text = useText()
  const role = member.role === 'admin' ? 'member' : 'admin'
  const change = () => {
    client.call(setRole, { params: paramsOf(props), body: { role } }).then(
      () => toast(membershipTexts.saved, 'ok'),
      (error: unknown) => toast(problemText(error), 'danger'),
    )
  }
  return (
    <PageRow label={text(role === 'admin' ? membershipTexts.makeAdmin : membershipTexts.makeMember)} onClick={change} />
  )
}
function MuteRow(props: MemberSectionProps) {
  const { client, member } = props
  const { toast } = useQun()
  const text = useText()
  const now = useDrawnAt()
  const choosing = useOpen()
  if (member.mutedUntil > now) {
    const unmute = () => {
      client
        .call(unmuteMember, { params: paramsOf(props) })
        .catch((error: unknown) => toast(problemText(error), 'danger'))
    }
    return <PageRow label={text(membershipTexts.unmute)} onClick={unmute} />
  }
  return (
    <>
      <PageRow label={text(membershipTexts.mute)} onClick={choosing.show} />
      <Sheet open={choosing.open} onClose={choosing.hide} title={membershipTexts.muteHow}>
        <div className="qun-choices">
          {muteChoices.map(({ durationMs, label }) => (
            <ActionButton
              key={durationMs}
              wide
              tone="quiet"
              onClick={async () => {
                await client.call(muteMember, { params: paramsOf(props), body: { durationMs } })
                choosing.hide()
              }}
            >
              {text(label)}
            </ActionButton>
          ))}
        </div>
      </Sheet>
    </>
  )
}
function TransferRow(props: MemberSectionProps) {
  const { client, view, member, close } = props
  return (
    <ConfirmRow
      label={membershipTexts.transfer}
      title={membershipTexts.transferTitle}
      text={membershipTexts.transferText}
      name={member.name}
      close={close}
      run={() =>
        client.call(transferGroup, { params: { groupId: view.group!.groupId }, body: { userId: member.userId } })
      }
    />
  )
}
function RemoveRow(props: MemberSectionProps & { readonly ban: boolean }) {
  const { client, member, close, ban } = props
  return (
    <ConfirmRow
      danger
      label={ban ? membershipTexts.ban : membershipTexts.remove}
      title={ban ? membershipTexts.banTitle : membershipTexts.removeTitle}
      text={ban ? membershipTexts.banText : membershipTexts.removeText}
      name={member.name}
      close={close}
      run={() => client.call(removeMember, { params: paramsOf(props), body: { ban } })}
    />
  )
}
interface ConfirmRowProps {
  readonly label: LocalText
  readonly title: LocalText
  readonly text: LocalText
  readonly name: string
  readonly danger?: boolean
  readonly close: () => void
  readonly run: () => Promise<unknown>
}
function ConfirmRow({ label, title, text: consequence, name, danger = false, close, run }: ConfirmRowProps) {
  const text = useText()
  const asking = useOpen()
  return (
    <>
      <PageRow label={text(label)} danger={danger} onClick={asking.show} />
      <Dialog
        open={asking.open}
        onClose={asking.hide}
        title={fill(text(title), { name })}
        confirm={label}
        danger={danger}
        onConfirm={async () => {
          await run()
          close()
        }}
      >
        {text(consequence)}
      </Dialog>
    </>
  )
}
