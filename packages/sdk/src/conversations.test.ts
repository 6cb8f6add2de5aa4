/** Unread without counting, heads against rows, order and badge. */
import * as fc from 'fast-check'
import type { ConversationRow, Head, MessageRow } from '@qun/contract'
import { expect, test } from 'vitest'
import {
  badgeOf,
  ConversationCache,
  conversationOf,
  listConversations,
  noConversations,
  readMarkAt,
  unreadOf,
  withHeads,
  withReach,
  withRead,
  withUserChanges,
  type ConversationsState,
} from './conversations.ts'

const head = (groupId: string, version: number, more: Partial<Head> = {}): Head =>
  ({ groupId, version, lastSeq: version, lastOrdinal: version, at: version, last: null, ...more }) as Head
const row = (groupId: string, version: number, more: Partial<ConversationRow> = {}): ConversationRow =>
  ({
    row: 'conversation',
    groupId,
    version,
    active: true,
    joinSeq: 0,
    readSeq: 0,
    readOrdinal: 0,
    readOwn: 0,
    own: 0,
    pinned: false,
    quiet: false,
    mentions: [],
    head: head(groupId, version),
    ...more,
  }) as ConversationRow
const withRow = (state: ConversationsState, one: ConversationRow): ConversationsState =>
  withUserChanges(state, {
    op: 'changes',
    stream: 'user/li',
    from: state.cursor.version,
    to: state.cursor.version + 1,
    rows: [one],
  }).state

test('unread is what others said since the read position, whoever said what', () => {
  const log = fc.array(fc.record({ isMine: fc.boolean(), isCountable: fc.boolean() }), { maxLength: 60 })
  fc.assert(
    fc.property(log, fc.nat(60), fc.nat(60), (said, readAt, lowAt) => {
      let ordinal = 0
      const own = { li: 0, wang: 0 }
      const held = said.map(({ isMine, isCountable }, index) => {
        const senderId = isMine ? 'li' : 'wang'
        if (isCountable) {
          ordinal++
          own[senderId]++
        }
        return { seq: index + 1, senderId, ordinal, own: own[senderId] } as unknown as MessageRow
      })
      const seq = Math.min(readAt, held.length)
      const truth = said.filter(({ isMine, isCountable }, index) => index >= seq && isCountable && !isMine).length
      const low = Math.min(lowAt, seq === 0 ? 0 : seq - 1)
      const base = row('grp_a', 1, {
        own: own.li,
        head: head('grp_a', 1, { lastSeq: held.length, lastOrdinal: ordinal }),
      })
      const mark = readMarkAt(held.slice(low), seq, 'li', own.li)
      const state = withRead(withRow(noConversations, base), 'grp_a', mark)
      if (seq > 0) expect(conversationOf(state, 'grp_a')?.unread).toBe(truth)
    }),
    { numRuns: 500 },
  )
})

test('unread is never below nothing', () => {
  expect(unreadOf({ readOrdinal: 9, readOwn: 0, own: 0, head: { lastOrdinal: 3 } })).toBe(0)
  expect(unreadOf({ readOrdinal: 2, readOwn: 1, own: 3, head: { lastOrdinal: 9 } })).toBe(5)
})

test('a newer head counts over an older row, and a newer row over an older head', () => {
  let state = withRow(noConversations, row('grp_a', 1, { head: head('grp_a', 5) }))
  state = withHeads(state, [head('grp_a', 8, { own: 2, mentions: [7] })])
  expect(conversationOf(state, 'grp_a')).toMatchObject({ unread: 6, own: 2, mentions: [7], head: { version: 8 } })
  // A row that was read before that head was.
  state = withRow(state, row('grp_a', 2, { head: head('grp_a', 6), mentions: [3] }))
  expect(conversationOf(state, 'grp_a')).toMatchObject({ mentions: [3, 7], head: { version: 8 } })
  state = withHeads(state, [head('grp_a', 7)])
  expect(conversationOf(state, 'grp_a')?.head.version).toBe(8)
  state = withRow(state, row('grp_a', 3, { head: head('grp_a', 9), own: 2, readSeq: 9, readOrdinal: 9, readOwn: 2 }))
  expect(conversationOf(state, 'grp_a')).toMatchObject({ unread: 0, mentions: [], head: { version: 9 } })
  expect(withRow(state, row('grp_a', 2)).rows).toBe(state.rows)
})

test('a head may tell of the group’s face alone; the last words stay', () => {
  const last = { seq: 4, senderId: 'wang', senderName: '王店长', kind: 'text', summary: '早' } as Head['last']
  let state = withRow(noConversations, row('grp_a', 1, { name: 'old', head: head('grp_a', 4, { last }) }))
  state = withHeads(state, [
    head('grp_a', 5, { lastSeq: 4, lastOrdinal: 4, group: { name: '山茶', avatar: 'a', memberCount: 3 } }),
  ])
  expect(conversationOf(state, 'grp_a')).toMatchObject({
    name: '山茶',
    memberCount: 3,
    unread: 4,
    head: { version: 5, last },
  })
  state = withHeads(state, [head('grp_a', 6)])
  expect(conversationOf(state, 'grp_a')).toMatchObject({ name: '山茶', head: { lastSeq: 6 } })
})

test('a head before its row is not lost', () => {
  const state = withRow(withHeads(noConversations, [head('grp_a', 9)]), row('grp_a', 1, { head: head('grp_a', 4) }))
  expect(conversationOf(state, 'grp_a')?.unread).toBe(9)
})

test('rows of an opened group come sooner than its head', () => {
  const state = withReach(withRow(noConversations, row('grp_a', 1, { head: head('grp_a', 4) })), 'grp_a', {
    lastSeq: 6,
    lastOrdinal: 6,
    own: 1,
    at: 60,
  })
  expect(conversationOf(state, 'grp_a')).toMatchObject({ unread: 5, own: 1, head: { lastSeq: 6, at: 60 } })
})

test('pinned first, then latest words; left groups are gone; quiet ones count mentions only', () => {
  let state = noConversations
  state = withRow(state, row('grp_a', 1, { head: head('grp_a', 1, { at: 10 }) }))
  state = withRow(state, row('grp_b', 2, { head: head('grp_b', 2, { at: 30 }), quiet: true, mentions: [2] }))
  state = withRow(state, row('grp_c', 3, { head: head('grp_c', 3, { at: 5 }), pinned: true }))
  state = withRow(state, row('grp_d', 4, { active: false }))
  const cache = new ConversationCache()
  const list = listConversations(state, (groupId) => cache.read(state, groupId))
  expect(list.map((one) => one.groupId)).toEqual(['grp_c', 'grp_b', 'grp_a'])
  expect(badgeOf(list)).toBe(3 + 1 + 1)
  const next = withHeads(state, [head('grp_a', 9)])
  expect(cache.read(next, 'grp_b')).toBe(list[1])
  expect(cache.read(next, 'grp_a')).not.toBe(list[2])
})
