/** The viewer's own name in this group. */
import type { GroupSectionProps } from '@qun/ui'
import { nicknameMax, setNickname } from '../contract.ts'
import { TextRow } from './text-row.tsx'
import { membershipTexts } from './texts.ts'

export function NicknameSection({ view, viewer, client }: GroupSectionProps) {
  const own = view.members.get(viewer.userId)
  if (!view.group || !own?.active || view.group.disbandedAt !== undefined) return null
  const { groupId } = view.group
  return (
    <TextRow
      label={membershipTexts.nickname}
      hint={membershipTexts.nicknameHint}
      value={own.name}
      lengthMax={nicknameMax}
      optional
      save={(name) => client.call(setNickname, { params: { groupId }, body: { nickname: name === '' ? null : name } })}
    />
  )
}
