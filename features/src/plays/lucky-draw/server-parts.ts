/** What drawing and claiming share: hashes, the list's lines, who may not win, winners by name, and telling all. */
import { createHash, createHmac } from 'node:crypto'
import type { LocalText, UserId } from '@qun/contract'
import { staffAmong, type CardCall } from '@qun/core'
import { systemLine } from '../../words/message/contract.ts'
import type { EntryLine, luckyDraw, Winner } from './contract.ts'
import { isStaff, userHashOf, type Drawn, type Hashing } from './rules.ts'
import type { Entry } from './store.ts'

export type DrawCall = CardCall<typeof luckyDraw>

export const hashing: Hashing = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
}
/** More than a group has members. */
export const allEntries = { after: 0, limit: 1_000_000 }

export const linesOf = (drawId: string, entries: readonly Entry[]): Promise<EntryLine[]> =>
  Promise.all(
    entries.map(async ({ entryNo, userId, weight, nonce }) => ({
      entryNo,
      userHash: await userHashOf(hashing, drawId, userId),
      weight,
      ...(nonce === undefined ? {} : { nonce }),
    })),
  )
/** [LD11] [D5] Whoever works for the house that gives the prizes, with a badge here or without, takes no part. */
export const worksForHouse = async (call: DrawCall, userId: UserId): Promise<boolean> =>
  (await staffAmong(call, call.groupId, [userId])).has(userId)
/** What tells of each drawn entry whether it is set aside; who works for the house is asked for all at once. */
export async function voidOf(
  call: DrawCall,
  entries: readonly Entry[],
): Promise<(entryNo: number) => boolean | Promise<boolean>> {
  const working = await staffAmong(
    call,
    call.groupId,
    entries.map(({ userId }) => userId),
  )
  return (entryNo) => {
    const entry = entries[entryNo - 1] as Entry
    return working.has(entry.userId) || isVoid(call, entry)
  }
}
/** [LD11] Who left stays in the list; who is banned or runs the group by the time of the draw is set aside. */
async function isVoid(call: DrawCall, { userId }: Entry): Promise<boolean> {
  if (await call.isBanned(userId)) return true
  if ((await call.findUser(userId))?.minor === true) return true // [LD16]
  const member = await call.findMember(userId)
  return member !== undefined && member.active && isStaff(member)
}
/** Winners with the names they have in the group now. */
export async function nameWinners(
  call: DrawCall,
  drawn: readonly Drawn[],
  entries: readonly Entry[],
): Promise<Winner[]> {
  const placed = drawn.map(({ prize, entryNo }) => ({ prize, entryNo, userId: (entries[entryNo - 1] as Entry).userId }))
  const members = await call.findMembers(placed.map(({ userId }) => userId))
  return placed.map((winner) => ({ ...winner, name: members.get(winner.userId)?.name ?? winner.userId }))
}
/** A line of the system in the group, while it has members to read it. */
export async function announce(call: DrawCall, text: LocalText): Promise<void> {
  if (call.disbanded) return
  await call.post({ kind: systemLine.kind, body: { what: 'note', text }, senderId: '' })
}
/** The first few names, and how many more. */
export function namesOf(winners: readonly Winner[]): LocalText {
  const names = winners.slice(0, 5).map((winner) => winner.name)
  const count = winners.length
  const more = count - names.length
  return {
    'zh-CN': `${names.join('、')}${more > 0 ? `等 ${count} 人` : ''}`,
    en: `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  }
}
