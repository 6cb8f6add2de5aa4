/** Everybody in a group: those the view knows, and the rest by pages from the server. */
import { engineEndpoints, type MemberRow } from '@qun/contract'
import type { GroupHandle, GroupView } from '@qun/sdk'
import { useMemo } from 'react'
import { usePages, type Pages } from '../parts/pages.tsx'
import { useQun } from '../qun-context.ts'

const pageSize = 200
const rank = { owner: 0, admin: 1, member: 2 } as const

export interface Roster {
  /** Active ones, by role, then by how long they have been here. */
  readonly members: readonly MemberRow[]
  readonly pages: Pages<MemberRow>
}
/** True when the view holds everybody, as it does for small groups. */
export function knowsAll(view: GroupView): boolean {
  const known = [...view.members.values()].filter((member) => member.active).length
  return view.group !== undefined && known >= view.group.memberCount
}
/** Fetches the first page while `wanted`, and again when the group grows or shrinks. */
export function useRoster(group: GroupHandle, view: GroupView, wanted: boolean): Roster {
  const { client } = useQun()
  const name = wanted ? `${group.groupId} ${view.group?.memberCount ?? ''}` : undefined
  const pages = usePages(name, async (cursor) => {
    const query = cursor === undefined ? { limit: pageSize } : { limit: pageSize, cursor }
    const answer = await client.call(engineEndpoints.members, { params: { groupId: group.groupId as never }, query })
    return { items: answer.members, cursor: answer.cursor }
  })
  const members = useMemo(() => rosterOf(pages.items, view.members), [pages.items, view.members])
  return { members, pages }
}
/** Both sources as one list; the newer row of a person counts. */
export function rosterOf(listed: readonly MemberRow[], inView: GroupView['members']): MemberRow[] {
  const known = new Map<string, MemberRow>(inView)
  for (const member of listed) {
    const other = known.get(member.userId)
    if (!other || other.version < member.version) known.set(member.userId, member)
  }
  const active = [...known.values()].filter((member) => member.active)
  return active.toSorted((a, b) => rank[a.role] - rank[b.role] || a.joinedAt - b.joinedAt)
}
/** Members whose name contains the words, whatever their case. */
export function namedLike(members: readonly MemberRow[], words: string): readonly MemberRow[] {
  const wish = words.trim().toLocaleLowerCase()
  return wish === '' ? members : members.filter((member) => member.name.toLocaleLowerCase().includes(wish))
}
