/** One user's own moves: reading, pinning, hiding, taking back; and what the host says about people. */
import { type AppId, type Card, type ConversationRow, type GroupId, refuse, Refusal, type UserId } from '@qun/contract'
import { sql } from 'kysely'
import { checkAlive, isAtLeast, rankOf } from '../host/access.ts'
import { openCard } from './card-work.ts'
import { conversationRow, readConversations, recalledSummary, unreadOf } from '../read/conversations.ts'
import { decide, type Decision } from './decision.ts'
import { lockUsers } from './lock-order.ts'
import { noteSpread } from './members.ts'
import { asRefusal, type Engine, type Payer, payerOf } from '../ground/engine.ts'
import { wordsOf } from '../ground/publication.ts'
import { moveRead } from './read-position.ts'
import type { Principal } from '../host/host.ts'
import type { UserView } from '../host/feature.ts'

export class Viewing {
  readonly #engine: Engine
  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Moves the read position forward; never back. */
  read(who: Principal, groupId: GroupId, seq: number): Promise<{ readSeq: number; unread: number }> {
    const { appId, userId } = who
    return this.#decide(payerOf(who), async (decision) => {
      // The person first, as everywhere: a change of their role tells them, and then the conversation. Sent together.
      await decision.order.reach([{ kind: 'user', userId }])
      const [, { last_seq: lastSeq, isMoved, ...view }] = await Promise.all([
        sql`SELECT FROM users WHERE app_id = ${appId} AND user_id = ${userId} FOR NO KEY UPDATE`.execute(decision.tx),
        moveRead(decision.tx, { appId, groupId, userId }, seq),
      ])
      if (seq > lastSeq) throw refuse('read.seq_out_of_range')
      if (isMoved) decision.userWork(userId).conversations.add(groupId)
      return { readSeq: view.read_seq, unread: unreadOf(view) }
    })
  }

  conversations(who: Principal): Promise<{ conversations: ConversationRow[]; version: number }> {
    const { appId, userId } = who
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const views = await readConversations(tx, appId, userId, {})
      const { rows } = await sql<{
        version: number
      }>`SELECT version FROM users WHERE app_id = ${appId} AND user_id = ${userId}`.execute(tx)
      return {
        conversations: views.map((view) => conversationRow(view, this.#engine.registry)),
        version: rows[0]?.version ?? 0,
      }
    })
  }

  async setConversation(
    who: Principal,
    groupId: GroupId,
    patch: { readonly pinned?: boolean; readonly quiet?: boolean },
  ): Promise<void> {
    const { appId, userId } = who
    await this.#decide(payerOf(who), async (decision) => {
      // Whoever changes a conversation holds its person first, as the decisions of a group do.
      await lockUsers(decision, [userId])
      const { rows } =
        await sql`UPDATE conversations c SET pinned = coalesce(${patch.pinned ?? null}::boolean, c.pinned),
          quiet = coalesce(${patch.quiet ?? null}::boolean, c.quiet)
        FROM members m WHERE m.app_id = c.app_id AND m.group_id = c.group_id AND m.user_id = c.user_id AND m.active
          AND c.app_id = ${appId} AND c.user_id = ${userId} AND c.group_id = ${groupId} RETURNING 1`.execute(
          decision.tx,
        )
      if (rows.length === 0) throw refuse('group.not_found')
      decision.userWork(userId).conversations.add(groupId)
    })
  }

  /** Deletes a message for the viewer alone, or brings it back. */
  async hide(who: Principal, groupId: GroupId, seq: number, hidden: boolean): Promise<void> {
    const { appId, userId } = who
    await this.#decide(payerOf(who), async (decision) => {
      const { rows } = await sql<{ kind: string }>`SELECT x.kind FROM messages x
        JOIN members m ON m.app_id = x.app_id AND m.group_id = x.group_id AND m.user_id = ${userId} AND m.active AND x.seq > m.join_seq
        WHERE x.app_id = ${appId} AND x.group_id = ${groupId} AND x.seq = ${seq}`.execute(decision.tx)
      if (rows[0] === undefined) throw refuse('message.not_found')
      decision.userWork(userId).hidden.set(`${groupId}/${seq}`, { groupId, seq, kind: rows[0].kind, hidden })
    })
  }

  /**
   * Takes a message back for everybody: body and state are blanked for good, the position stays. One's own within the
   * window; another's if the actor's role is admin or above and not below the sender's. Twice is once.
   */
  recall(who: Principal, groupId: GroupId, seq: number): Promise<{ seq: number; version: number }> {
    const { userId } = who
    return this.#decide(payerOf(who), async (decision) => {
      const card = await openCard(decision, { groupId, seq })
      const work = decision.groupWork(groupId)
      const actor = await work.findMember(userId)
      if (actor?.active !== true || seq <= actor.join_seq) throw refuse('message.not_found')
      if (card.row.recalled_at !== null) return card.row
      checkAlive(card)
      await this.#checkRecall(decision, card.row.sender_id, card.row.at, groupId, userId)
      const verdict = card.server.recallable?.(card.state, card.body) ?? (card.server.card as Card).kind !== 'system'
      if (verdict !== true) throw this.#engine.refusal(verdict === false ? 'message.not_owner' : verdict)
      await card.server.recalled?.(card.call())
      card.keep()
      card.row.body = null
      card.row.state = null
      card.row.recalled_by = userId
      card.row.recalled_at = decision.now
      work.setMessage(card.row, wordsOf(card.row, recalledSummary))
      return card.row
    }).then((row) => ({ seq, version: row.version }))
  }
  async #checkRecall(decision: Decision, senderId: string, at: number, groupId: string, userId: string): Promise<void> {
    const work = decision.groupWork(groupId)
    const actor = await work.findMember(userId)
    const sender = senderId === '' ? undefined : await work.findMember(senderId)
    const isManager = actor !== undefined && isAtLeast(actor.role, 'admin')
    if (senderId === userId) {
      if (!isManager && decision.now > at + this.#engine.limits.recallWindowMs) throw refuse('message.recall_window')
    } else if (!isManager || (sender?.active === true && rankOf(sender.role) > rankOf(actor.role))) {
      throw refuse('message.not_owner')
    }
  }

  async me(who: Principal): Promise<Omit<UserView, 'minor'>> {
    const { appId, userId } = who
    return this.#engine.store.reading(payerOf(who), async (tx) => {
      const { rows } = await sql<Omit<UserView, 'minor'>>`SELECT user_id AS "userId", name, avatar, badge FROM users
        WHERE app_id = ${appId} AND user_id = ${userId}`.execute(tx)
      return rows[0] ?? { userId, name: userId, avatar: '', badge: null }
    })
  }

  /**
   * What the host says about a person. A new name or picture travels to each of their groups soon after, one decision a
   * group; also to those they left, where their words stay.
   */
  async putUser(
    appId: AppId,
    user: {
      readonly userId: UserId
      readonly name: string
      readonly avatar?: string
      readonly badge?: UserView['badge']
      readonly minor?: boolean
    },
  ): Promise<void> {
    const isNew = await this.#decide(appId, async (decision) => {
      const { tx } = decision
      await lockUsers(decision, [user.userId])
      const { rows: before } = await sql<UserView>`SELECT name, avatar, badge, minor FROM users
        WHERE app_id = ${appId} AND user_id = ${user.userId}`.execute(tx)
      const avatar = user.avatar ?? before[0]?.avatar ?? ''
      const badge = user.badge === undefined ? (before[0]?.badge ?? null) : user.badge
      const minor = user.minor ?? before[0]?.minor ?? false
      await sql`INSERT INTO users (app_id, user_id, name, avatar, badge, minor)
        VALUES (${appId}, ${user.userId}, ${user.name}, ${avatar}, ${badge}, ${minor})
        ON CONFLICT (app_id, user_id) DO UPDATE SET name = excluded.name, avatar = excluded.avatar, badge = excluded.badge,
          minor = excluded.minor`.execute(tx)
      const isSame = before[0]?.name === user.name && before[0].avatar === avatar && before[0].badge === badge
      if (isSame) return false
      await noteSpread(decision, user.userId)
      return true
    })
    if (isNew) this.#engine.nudge('spreads', appId)
  }

  async #decide<T>(of: AppId | Payer, run: (decision: Decision) => Promise<T>): Promise<T> {
    try {
      return await this.#engine.track(decide(this.#engine, of, run))
    } catch (error) {
      const told = asRefusal(error)
      if (told instanceof Refusal) throw told
      this.#engine.onBug(told, 'viewing')
      throw refuse('server.bug')
    }
  }
}
