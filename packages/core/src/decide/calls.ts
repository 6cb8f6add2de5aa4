/** Makes the objects handlers work with: a decision as a card, an endpoint or a reaction sees it. */
import {
  givesOf,
  type GroupId,
  type GroupSettings,
  type MemberRow,
  refuse,
  type RefusalDetail,
  type SyncedRecord,
  type UserId,
} from '@qun/contract'
import { sql } from 'kysely'
import { assert } from '../host/assert.ts'
import { summaryOf } from '../read/conversations.ts'
import type { Decision } from './decision.ts'
import { fingerprintOf, refusalOf } from '../ground/engine.ts'
import type { Call, GroupCall, UserView } from '../host/feature.ts'
import type { GroupWork } from './group-work.ts'
import { memberRow } from '../ground/row-text.ts'

export const defaultSettings: GroupSettings = {
  description: '',
  capacity: 500,
  history: 'none',
  muteAll: false,
  roster: 'members',
}

/** The part of a call that knows no group. */
export function baseCall(decision: Decision): Call {
  const { engine, appId, tx, now } = decision
  const findUsers = async (userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, UserView>> => {
    const { rows } = await sql<UserView>`SELECT user_id AS "userId", name, avatar, badge, minor FROM users
      WHERE app_id = ${appId} AND user_id = ANY(${[...userIds]}::text[])`.execute(tx)
    return new Map(rows.map((user) => [user.userId, user]))
  }
  return {
    tx,
    appId,
    now,
    randomHex: (bytes = 16) => engine.randomHex(bytes),
    fail(code: string, more: RefusalDetail = {}): never {
      throw refusalOf(engine.registry, code, more)
    },
    findUser: async (userId) => (await findUsers([userId])).get(userId),
    findUsers,
    putUserRecord: (userId: UserId, record: SyncedRecord, key: string, body: unknown) =>
      decision.putUserRecord(userId, record, key, body),
    recordForApp: (fact, data) => decision.recordForApp(fact, data),
  }
}

/** Operations on a locked group. */
export function groupCall(work: GroupWork): GroupCall {
  const { decision } = work
  const findMembers = async (userIds: Iterable<UserId>): Promise<ReadonlyMap<UserId, MemberRow>> => {
    const rows = await work.findMembers([...userIds])
    // Who was banned without ever joining has a row, but never was a member.
    const were = rows.filter((row) => row.active || !row.banned || row.source !== '').map(memberRow)
    return new Map(were.map((row) => [row.userId, row]))
  }
  return {
    groupId: work.groupId as GroupId,
    get row() {
      return work.wire
    },
    findMember: async (userId) => (await findMembers([userId])).get(userId),
    findMembers,
    listMembers: (limit = decision.engine.limits.groupMembersMax) => work.listMembers(limit),
    addMember: (userId, options) => work.addMember(userId, options),
    addMembers: async (userIds, options) => (await work.addMembers(userIds, options)) as UserId[],
    removeMember: (userId) => work.removeMember(userId),
    setRole: (userId, role) => work.setRole(userId, role),
    setNickname: (userId, nickname) => work.setNickname(userId, nickname),
    setMutedUntil: (userId, until) => work.setMutedUntil(userId, until),
    ban: (userId) => work.setBanned(userId, true),
    unban: (userId) => work.setBanned(userId, false),
    isBanned: async (userId) => (await work.findMember(userId))?.banned === true,
    update: (patch) => work.update(patch),
    setStopped: (isStopped) => work.setStopped(isStopped),
    disband: () => work.disband(),
    post: (message) => postWithin(work, message),
    putRecord: (record, key, body) => work.putRecord(record, key, body),
    record: (fact, data) => work.record(fact, data),
  }
}

/**
 * Posts a plain message (a kind without `open`) within a decision, under the group's lock.
 * A card with an `open` handler is posted by people only: it needs a call of its own.
 */
export async function postWithin(
  work: GroupWork,
  message: { readonly kind: string; readonly body: unknown; readonly senderId?: string; readonly clientId?: string },
): Promise<number> {
  const { decision } = work
  const { registry, validators } = decision.engine
  const server = registry.cards.get(message.kind)
  if (server === undefined) throw refuse('card.unknown_type')
  assert(server.open === undefined, `kind ${message.kind} cannot be posted by another handler`)
  // [MER2] Nobody was asked whether they may give it.
  assert(givesOf(server.card, message.body) !== 'issued', `a ${message.kind} posted by a handler gives what is issued`)
  validators.assert(server.card.body, message.body, `a ${message.kind} posted by a handler`)
  await work.lock()
  const body = JSON.stringify(message.body)
  const posted = await work.post({
    senderId: message.senderId ?? '',
    clientId: message.clientId ?? decision.engine.randomHex(16),
    fingerprint: fingerprintOf(`${message.kind}\n${body}`),
    kind: message.kind,
    body,
    state: JSON.stringify(server.card.initial ?? null),
    countable: server.card.countable ?? true,
    summary: summaryOf(registry, message.kind, message.body),
    mentions: server.mentions?.(message.body) ?? [],
  })
  return posted.seq
}
