/**
 * One decision: everything a handler changed in one transaction, stamped with versions at its end and published after
 * commit. Knows groups, members, messages, records and users; knows no feature.
 *
 * A decision that locks a group early (endpoints) keeps its counters in memory; one that does not (card actions) takes
 * the group's lock only to stamp, so that actions on different cards of a group run side by side. Either looks again
 * at what it saw before it held the lock. lock-order.ts has the order of the locks.
 */
import { type AppId, refuse, type SyncedRecord } from '@qun/contract'
import { storeTrouble, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import { assert, must } from '../host/assert.ts'
import type { CardCall } from '../host/feature.ts'
import { type Engine, type Payer, publishGroup, publishUser } from '../ground/engine.ts'
import { writeFacts } from './facts.ts'
import { appFactsGroupId } from './group-row.ts'
import { GroupWork } from './group-work.ts'
import { type Foreseen, LockOrder } from './lock-order.ts'
import type { PostedRow } from './message-row.ts'
import { Overtaken, runsMax } from './overtaken.ts'
import type { GroupNews, UserNews } from '../ground/publication.ts'
import { groupText, memberText, messageText, recordText, type RowText } from '../ground/row-text.ts'
import type { MessageDbRow, RecordDbRow } from '../ground/store.ts'
import type { Footing } from './footing.ts'
import { stampUsers, type UserWork } from './user-work.ts'

interface Outgoing {
  readonly groups: { readonly groupId: string; readonly news: GroupNews; readonly rows: readonly RowText[] }[]
  readonly users: { readonly userId: string; readonly news: UserNews; readonly rows: readonly RowText[] }[]
}

/** A card as a decision holds it: what handlers are given, and its effects once all have run. */
interface OpenedCard {
  call(): CardCall<any>
  keep(): void
}

export class Decision implements Footing {
  readonly engine: Engine
  readonly appId: AppId
  readonly tx: Tx
  readonly now: number
  readonly groups = new Map<string, GroupWork>()
  readonly users = new Map<string, UserWork>()
  /** Cards an endpoint or a reaction opened, by group and seq; their effects are taken at the end. */
  readonly cards = new Map<string, OpenedCard>()
  /** In a read-only transaction nothing is locked and nothing may be written. */
  isReading = false
  /** The Idempotency-Key this decision holds, if its request carried one. */
  idempotencyKey: { readonly caller: string; readonly key: string } | undefined
  readonly order: LockOrder

  constructor(engine: Engine, appId: AppId, tx: Tx, foreseen: Foreseen = new Map()) {
    this.engine = engine
    this.appId = appId
    this.tx = tx
    this.now = engine.now()
    this.order = new LockOrder(this, foreseen)
  }

  /** The work on a group, locked: its counters are exact until commit. Refuses `group.not_found`. */
  async lockGroup(groupId: string): Promise<GroupWork> {
    const work = this.groupWork(groupId)
    await work.lock()
    return work
  }
  /** The work on a group, not locked yet. */
  groupWork(groupId: string): GroupWork {
    let work = this.groups.get(groupId)
    if (work === undefined) this.groups.set(groupId, (work = new GroupWork(this, groupId)))
    return work
  }
  userWork(userId: string): UserWork {
    let work = this.users.get(userId)
    if (work === undefined) {
      work = {
        mine: new Map(),
        hidden: new Map(),
        records: new Map(),
        conversations: new Set(),
        follow: new Map(),
        unfollow: new Set(),
      }
      this.users.set(userId, work)
    }
    return work
  }
  putUserRecord(userId: string, record: SyncedRecord, key: string, body: unknown): void {
    assert(record.stream === 'user', `record ${record.kind} belongs on a group's stream`)
    if (body !== null) this.engine.validators.assert(record.body, body, `record ${record.kind}`)
    this.userWork(userId).records.set(`${record.kind}/${key}`, {
      kind: record.kind,
      key,
      body: body === null ? null : JSON.stringify(body),
    })
  }

  /** A fact of the app: it stands in the stream of facts of a group that nobody is in, whose id is ''. */
  recordForApp(name: string, data: unknown): void {
    this.groupWork(appFactsGroupId).record(name, data)
  }

  /** True once anything is to be written. */
  get isDirty(): boolean {
    return this.users.size > 0 || [...this.groups.values()].some((work) => work.isDirty())
  }
  /** Stamps and writes all that changed. The last thing done in the transaction. */
  async finish(): Promise<Outgoing> {
    for (const card of this.cards.values()) card.keep()
    const groups: Outgoing['groups'] = []
    for (const groupId of [...this.groups.keys()].toSorted()) {
      if (groupId === appFactsGroupId) continue
      const work = must(this.groups.get(groupId), 'a group worked on')
      if (work.isDirty()) groups.push({ groupId, ...(await this.#stampGroup(work)) })
      else await work.confirm()
    }
    const users = await stampUsers(this)
    const appFacts = this.groups.get(appFactsGroupId)
    if (appFacts?.isDirty() === true) await this.#stampGroup(appFacts)
    return { groups, users }
  }

  /** Tells the nodes; called once the transaction has committed. */
  publish(outgoing: Outgoing): void {
    for (const { groupId, news, rows } of outgoing.groups) publishGroup(this.engine, this.appId, groupId, news, rows)
    for (const { userId, news, rows } of outgoing.users) publishUser(this.engine, this.appId, userId, news, rows)
    for (const work of this.groups.values()) {
      if (work.facts.length > 0) this.engine.nudge('reactions', this.appId)
      if (work.jobsChanged) this.engine.nudge('jobs', this.appId)
    }
  }

  async #stampGroup(work: GroupWork): Promise<{ news: GroupNews; rows: RowText[] }> {
    const { groupId } = work
    const stamps = work.messages.size + work.membersDirty.size + work.records.size + (work.groupDirty ? 1 : 0)
    const base = await work.takeVersions(stamps)
    let version = base.version
    const rows: RowText[] = work.posted.map((posted) => posted.text)
    for (const text of await this.#writeMessages(work, () => ++version)) rows.push(text)
    for (const row of await work.writeMembers(() => ++version)) rows.push(memberText(row))
    for (const record of work.records.values())
      rows.push(recordText(await this.#writeRecord(`group/${groupId}`, record, ++version)))
    if (work.groupDirty) rows.push(groupText(await work.writeGroup(++version)))
    await this.#writeFacts(work, base.lastFact)
    await this.#writeJobs(work)
    rows.sort((a, b) => a.version - b.version)
    return { news: newsOf(work, base.from, version), rows }
  }

  async #writeMessages(work: GroupWork, next: () => number): Promise<RowText[]> {
    const texts: RowText[] = []
    for (const change of work.messages.values()) {
      const row: MessageDbRow = { ...change.row, version: next() }
      await sql`UPDATE messages SET version = ${row.version}, body = ${row.body}::json, state = ${row.state}::json,
          recalled_by = ${row.recalled_by}, recalled_at = ${row.recalled_at}
        WHERE app_id = ${this.appId} AND group_id = ${work.groupId} AND seq = ${row.seq}`.execute(this.tx)
      change.row.version = row.version
      texts.push(messageText(row))
    }
    return texts
  }

  async #writeRecord(stream: string, record: Omit<RecordDbRow, 'version'>, version: number): Promise<RecordDbRow> {
    await sql`INSERT INTO records (app_id, stream, kind, key, version, body)
      VALUES (${this.appId}, ${stream}, ${record.kind}, ${record.key}, ${version}, ${record.body}::json)
      ON CONFLICT (app_id, stream, kind, key) DO UPDATE SET version = excluded.version, body = excluded.body`.execute(
      this.tx,
    )
    return { ...record, version }
  }

  async #writeFacts(work: GroupWork, lastFact: number): Promise<void> {
    if (work.facts.length === 0) return
    let factSeq = lastFact
    const facts = work.facts.map((fact) => ({ fact_seq: ++factSeq, name: fact.name, data: fact.data }))
    await writeFacts(this.appId, work.groupId, this.now, facts).execute(this.tx)
  }

  async #writeJobs(work: GroupWork): Promise<void> {
    for (const change of work.jobs.values()) {
      if (change.at === null) {
        await sql`DELETE FROM jobs WHERE app_id = ${this.appId} AND group_id = ${work.groupId}
          AND seq = ${change.seq} AND job = ${change.job}`.execute(this.tx)
      } else {
        await sql`INSERT INTO jobs (app_id, group_id, seq, job, input, run_at, kind)
          VALUES (${this.appId}, ${work.groupId}, ${change.seq}, ${change.job}, ${JSON.stringify(change.input ?? null)}::json, ${change.at},
            (SELECT m.kind FROM messages m WHERE m.app_id = ${this.appId} AND m.group_id = ${work.groupId} AND m.seq = ${change.seq}))
          ON CONFLICT (app_id, group_id, seq, job) DO UPDATE
          SET kind = excluded.kind, input = excluded.input, run_at = excluded.run_at, attempts = 0, lease_until = 0, lease = NULL, trouble = NULL`.execute(
          this.tx,
        )
      }
    }
  }
}

function newsOf(work: GroupWork, from: number, to: number): GroupNews {
  const words = work.posted.filter((posted: PostedRow) => posted.countable)
  const end = work.posted.at(-1)
  const lastWords = words.at(-1)
  const reworded = [...work.messages.values()].map((change) => change.words).findLast((spoken) => spoken !== undefined)
  return {
    from,
    to,
    ...(end === undefined ? {} : { lastSeq: end.seq, lastOrdinal: end.ordinal, at: end.at }),
    ...(lastWords === undefined ? {} : { last: lastWords.words }),
    ...(reworded === undefined ? {} : { reworded }),
    ...(words.length === 0 ? {} : { own: words.map((posted) => [posted.senderId, posted.own] as const) }),
    ...(work.mentions.length === 0 ? {} : { mentions: work.mentions }),
    ...(work.left.length === 0 ? {} : { left: work.left }),
    ...(work.groupDirty || work.membersDirty.size > 0 ? { face: true as const } : {}),
  }
}

/** Runs a decision to its end: transaction, stamps, commit, news. */
export async function decide<T>(
  engine: Engine,
  of: AppId | Payer,
  run: (decision: Decision) => Promise<T>,
): Promise<T> {
  const { result, decision, outgoing } = await commit(engine, of, async (made) => {
    const value = await run(made)
    return { result: value, decision: made, outgoing: await made.finish() }
  })
  decision.publish(outgoing)
  return result
}
/**
 * The transaction of a decision; one that was overtaken runs again. When nobody knows whether it went through, what it
 * touched is in doubt.
 */
export async function commit<T>(
  engine: Engine,
  of: AppId | Payer,
  run: (decision: Decision) => Promise<T>,
): Promise<T> {
  const appId = typeof of === 'string' ? of : of.appId
  const foreseen: Foreseen = new Map()
  for (let runs = 1; ; runs++) {
    let decision: Decision | undefined
    try {
      return await engine.store.transaction(of, (tx) => run((decision = new Decision(engine, appId, tx, foreseen))))
    } catch (error) {
      if (error instanceof Overtaken) {
        if (runs < runsMax) continue
        throw refuse('store.unavailable', { retryAfterMs: 1_000 })
      }
      if (decision !== undefined && storeTrouble(error) === 'unavailable') {
        engine.doubt(appId, decision.groups.keys(), decision.users.keys())
      }
      throw error
    }
  }
}
