/** The people of a group on its page: the first ones in a grid, all of them in a sheet with a search. */
import type { MemberRow } from '@qun/contract'
import type { GroupHandle, GroupView } from '@qun/sdk'
import { useState } from 'react'
import { Avatar, MemberName } from '../parts/avatar.tsx'
import { PageRow, PageSection } from '../parts/page-parts.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { MoreBelow } from '../parts/pages.tsx'
import { problemOf } from '../parts/problem.ts'
import { useWords } from '../qun-context.ts'
import { namedLike, useRoster, type Roster } from './roster.ts'

/** People in the grid; the rest behind 查看全部成员. */
const gridMax = 14

export interface PeopleProps {
  readonly group: GroupHandle
  readonly view: GroupView
  readonly openMember: (member: MemberRow) => void
}
export function People({ group, view, openMember }: PeopleProps) {
  const words = useWords()
  const roster = useRoster(group, view, true)
  const [all, setAll] = useState(false)
  const { members } = roster
  const count = view.group?.memberCount ?? members.length
  const title = words('group.members', { n: count })
  if (problemOf(roster.pages.problem)?.code === 'group.roster_hidden')
    return (
      <PageSection title={title}>
        <p className="qun-section__note">{words('group.rosterHidden')}</p>
      </PageSection>
    )
  return (
    <PageSection title={title}>
      <ul className="qun-people">
        {members.slice(0, gridMax).map((member) => (
          <li key={member.userId}>
            <button type="button" className="qun-person" onClick={() => openMember(member)}>
              <span className={`qun-person__face qun-person__face--${member.role}`}>
                <Avatar name={member.name} avatar={member.avatar} sizePx={48} />
                {member.role !== 'member' && <span className="qun-person__role">{words(`role.${member.role}`)}</span>}
              </span>
              <bdi className="qun-person__name">{member.name}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {Math.max(members.length, count) > gridMax && (
        <PageRow label={words('group.allMembers')} onClick={() => setAll(true)} />
      )}
      <Sheet open={all} onClose={() => setAll(false)} title={title}>
        <Everybody roster={roster} pick={(member) => (setAll(false), openMember(member))} />
      </Sheet>
    </PageSection>
  )
}
/** Searching filters those who came; the end of the list, in sight while few fit, goes on fetching the others. */
function Everybody({ roster, pick }: { readonly roster: Roster; readonly pick: (member: MemberRow) => void }) {
  const words = useWords()
  const [wish, setWish] = useState('')
  const found = namedLike(roster.members, wish)
  return (
    <div className="qun-everybody">
      <div className="qun-memberlist__tools">
        <input
          className="qun-input"
          type="search"
          value={wish}
          aria-label={words('group.searchMembers')}
          placeholder={words('group.searchMembers')}
          onChange={(change) => setWish(change.target.value)}
        />
      </div>
      <ul className="qun-memberlist">
        {found.map((member) => (
          <li key={member.userId}>
            <button type="button" className="qun-pagerow" onClick={() => pick(member)}>
              <Avatar name={member.name} avatar={member.avatar} sizePx={40} />
              <MemberName member={member} role />
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && roster.pages.done && (
        <p className="qun-section__note" role="status">
          {words('list.nothing')}
        </p>
      )}
      <MoreBelow pages={roster.pages} />
    </div>
  )
}
