/** One member, close up: who they are here, and what features offer to do about them. */
import type { MemberRow } from '@qun/contract'
import type { GroupHandle, GroupView } from '@qun/sdk'
import type { Viewer } from '../card-ui.ts'
import { Avatar, MemberName } from '../parts/avatar.tsx'
import { useDrawnAt } from '../parts/hooks.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { NameMarks } from './name-marks.tsx'
import { useQun, useWords } from '../qun-context.ts'
import { instantText } from '../parts/time-text.ts'

export interface MemberSheetProps {
  readonly group: GroupHandle
  readonly view: GroupView
  readonly viewer: Viewer
  /** Closed when undefined. */
  readonly userId: string | undefined
  /** Their row as a list of members had it, for people the open group has not met. */
  readonly listed?: MemberRow | undefined
  readonly onClose: () => void
  readonly onMention?: ((userId: string) => void) | undefined
}
export function MemberSheet({ group, view, viewer, userId, listed, onClose, onMention }: MemberSheetProps) {
  const { client, locale, memberSections } = useQun()
  const words = useWords()
  const now = useDrawnAt()
  const member = userId === undefined ? undefined : (view.members.get(userId) ?? listed)
  const reader = { now, locale }
  return (
    <Sheet open={member !== undefined} onClose={onClose} title={member?.name ?? ''} titleHidden>
      {member && (
        <div className="qun-profile">
          <Avatar name={member.name} avatar={member.avatar} sizePx={72} />
          <div className="qun-profile__name">
            <MemberName member={member} role />
            <NameMarks userId={member.userId} view={view} />
          </div>
          <p className="qun-profile__note">
            {member.active
              ? words('member.joined', { date: instantText(member.joinedAt, reader) })
              : words('member.left')}
          </p>
          {member.mutedUntil > now && (
            <p className="qun-profile__note">
              {words('member.muted', { until: instantText(member.mutedUntil, reader) })}
            </p>
          )}
          {onMention && member.active && member.userId !== viewer.userId && (
            <button
              type="button"
              className="qun-button qun-button--quiet qun-button--wide"
              onClick={() => {
                onClose()
                onMention(member.userId)
              }}
            >
              {words('member.mention')}
            </button>
          )}
          {memberSections.map(({ name, Section }) => (
            <Section
              key={name}
              group={group}
              view={view}
              viewer={viewer}
              client={client}
              member={member}
              close={onClose}
            />
          ))}
        </div>
      )}
    </Sheet>
  )
}
