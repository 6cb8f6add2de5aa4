/** What one decision does to one group: its counters, members, messages, records, facts and jobs, until stamped. */
import { refuse, type GroupRow, type GroupSettings, type MemberRow, type SyncedRecord } from '@qun/contract'
import { type RawBuilder, sql } from 'kysely'
import { checkAlive, rankOf } from '../host/access.ts'
import { assert, must } from '../host/assert.ts'
import {
  appFactsGroupId,
  type Ending,
  ensureAppFacts,
  findRow,
  readEnding,
  writeCounters,
  writeRow,
} from './group-row.ts'
import type { Ordered } from './lock-order.ts'
import {
  type ActorDbRow,
  checkGroupCounts,
  createMemberships,
  findMembers,
  type JoinOptions,
  writeFaces,
  writeMembers,
} from './members.ts'
import { countOwn, insertMessage, type NewMessage, nextRow, type PostedRow, writeMentions } from './message-row.ts'
import { readRoster } from '../read/roster.ts'
import { type LastWords, wordsOf } from '../ground/publication.ts'
import { groupRow, memberRow, messageText } from '../ground/row-text.ts'
import { Sightings } from './sightings.ts'
import type { GroupDbRow, MemberDbRow, MessageDbRow, RecordDbRow } from '../ground/store.ts'
import type { UserWork } from './user-work.ts'

interface MessageChange {
  readonly row: MessageDbRow
  /** What lists of conversations show of it, when that changed. */
  readonly words?: LastWords | undefined
}

/** The decision as far as a group's changes reach into it: what they do to people is in those people's work. */
interface Surroundings extends Ordered {
  readonly isReading: boolean
  userWork(userId: string): UserWork
}

export class GroupWork {
  readonly decision: Surroundings
  readonly groupId: string
  readonly messages = new Map<number, MessageChange>()
  readonly posted: PostedRow[] = []
  readonly membersDirty = new Set<string>()
  readonly records = new Map<string, Omit<RecordDbRow, 'version'>>()
  readonly facts: { readonly name: string; readonly data: unknown }[] = []
  readonly jobs = new Map<
    string,
    { readonly seq: number; readonly job: string; readonly at: number | null; readonly input: unknown }
  >()
  readonly mentions: [string, number, string][] = []
  readonly left: string[] = []
  groupDirty = false
  /** The group's row as this decision sees it, once locked. */
  #row: GroupDbRow | undefined
  /** The version before this decision; set when locked. */
  #from = 0
  /** Members as this decision sees them. What was read before the lock is read again once it is held. */
  readonly #members = new Map<string, MemberDbRow>()
  readonly #seen = new Sightings()

  constructor(decision: Surroundings, groupId: string) {
    this.decision = decision
    this.groupId = groupId
  }

  get jobsChanged(): boolean {
    return this.jobs.size > 0
  }
  isDirty(): boolean {
    return (
      this.messages.size > 0 ||
      this.posted.length > 0 ||
      this.membersDirty.size > 0 ||
      this.records.size > 0 ||
      this.facts.length > 0 ||
      this.jobs.size > 0 ||
      this.groupDirty
    )
  }
  get row(): GroupDbRow {
    return must(this.#row, 'the group is locked')
  }
  get wire(): GroupRow {
    return groupRow(this.row)
  }

  /** Takes the group's row lock until commit. Refuses `group.not_found`. */
  async lock(): Promise<void> {
    await this.decision.order.reach([this.#key])
    if (this.#row !== undefined) return
    const row = await this.#load(sql`FOR UPDATE`)
    await this.#lookAgain(row)
  }
  /** Reads the group without a lock: for readings, which change nothing. Refuses `group.not_found`. */
  async read(): Promise<void> {
    if (this.#row === undefined) await this.#load(sql``)
  }
  get #key() {
    return { kind: 'group', groupId: this.groupId } as const
  }
  async #load(lock: RawBuilder<unknown>): Promise<GroupDbRow> {
    const row = await findRow(this.decision, this.groupId, lock)
    if (row === undefined) throw refuse('group.not_found')
    this.#row = { ...row }
    this.#from = row.version
    return row
  }
  /** [ATOM1] With the lock held: what was seen before is read anew, and a decision that it overtook begins again. */
  async #lookAgain(now: Ending): Promise<void> {
    if (this.#seen.isEmpty) return
    const { userIds } = this.#seen
    this.#members.clear()
    const rows = userIds.length === 0 ? [] : await findMembers(this.decision, this.groupId, userIds)
    for (const row of rows) this.#members.set(row.user_id, row)
    this.#seen.confirm(now, rows)
  }
  /** [ATOM1] For a decision that saw the group and writes nothing into it: what it saw stands until it commits. */
  async confirm(): Promise<void> {
    if (this.#seen.isEmpty || this.#row !== undefined || this.decision.isReading) return
    await this.decision.order.reach([this.#key])
    const row = await findRow(this.decision, this.groupId, sql`FOR SHARE`)
    if (row !== undefined) await this.#lookAgain(row)
  }
  /** Whether the group is over, or gives nothing any more, as far as this decision sees; without a lock. */
  async findEnding(): Promise<Ending> {
    if (this.#row !== undefined) return this.#row
    const ending = await readEnding(this.decision, this.groupId)
    this.#seen.noteEnding(ending)
    return ending
  }
  /** Makes the group; it counts as locked, being visible to nobody else yet. */
  async create(group: {
    readonly name: string
    readonly avatar: string
    readonly ownerId: string
    readonly settings: GroupSettings
    readonly merchantPath: readonly string[] | null
    readonly isStopped: boolean
  }): Promise<void> {
    const { appId, tx, now } = this.decision
    const { rows } = await sql<GroupDbRow>`INSERT INTO groups
        (app_id, group_id, name, avatar, owner_id, settings, mute_all, last_at, created_at, merchant_path, stopped_at)
      VALUES (${appId}, ${this.groupId}, ${group.name}, ${group.avatar}, ${group.ownerId}, ${JSON.stringify(group.settings)}::jsonb,
        ${group.settings.muteAll}, ${now}, ${now}, ${group.merchantPath}::text[],
        ${group.isStopped ? now : null}) RETURNING *`.execute(tx)
    this.#row = { ...must(rows[0], 'the group made') }
    this.decision.order.made(this.#key)
    this.groupDirty = true
  }

  // ── members ──
  async findMember(userId: string): Promise<MemberDbRow | undefined> {
    return this.#members.get(userId) ?? (await this.findMembers([userId]))[0]
  }
  /** In one statement at most; who never was a member is missing. */
  async findMembers(userIds: readonly string[]): Promise<MemberDbRow[]> {
    const missing = userIds.filter((userId) => !this.#members.has(userId))
    if (missing.length > 0) await this.findActors(missing)
    return userIds.flatMap((userId) => this.#members.get(userId) ?? [])
  }
  /** The same, read now, with what only the server knows of them. */
  async findActors(userIds: readonly string[]): Promise<ActorDbRow[]> {
    const found = await findMembers(this.decision, this.groupId, userIds)
    for (const row of found) this.#members.set(row.user_id, row)
    if (this.#row === undefined) this.#seen.note(userIds, found)
    return found
  }
  async listMembers(limit: number): Promise<MemberRow[]> {
    const stored = await readRoster(this.decision.tx, { appId: this.decision.appId, groupId: this.groupId }, { limit })
    const merged = new Map<string, MemberDbRow>(stored.map((row) => [row.user_id, row]))
    for (const row of this.#members.values()) merged.set(row.user_id, row)
    return [...merged.values()]
      .filter((row) => row.active)
      .toSorted(
        (a, b) => rankOf(b.role) - rankOf(a.role) || a.joined_at - b.joined_at || (a.user_id < b.user_id ? -1 : 1),
      )
      .slice(0, limit)
      .map(memberRow)
  }
  async addMember(userId: string, options: JoinOptions): Promise<boolean> {
    return (await this.addMembers([userId], options)).length > 0
  }
  /** Adds several at once and returns who joined now; one banned person or a full group refuses them all. */
  async addMembers(userIds: readonly string[], options: JoinOptions): Promise<string[]> {
    const group = this.row
    checkAlive(group)
    const wanted = [...new Set(userIds)]
    await this.findMembers(wanted)
    const joining = wanted.filter((userId) => this.#members.get(userId)?.active !== true)
    if (joining.some((userId) => this.#members.get(userId)?.banned === true)) throw refuse('member.blacklisted')
    const capacity = Math.min(Number(group.settings['capacity']), this.decision.engine.limits.groupMembersMax)
    if (group.member_count + joining.length > capacity) throw refuse('group.full')
    const created = await createMemberships(this.decision, group, joining, this.#members, options)
    await checkGroupCounts(this.decision, joining)
    for (const member of created) {
      this.#members.set(member.user_id, member)
      this.membersDirty.add(member.user_id)
      const user = this.decision.userWork(member.user_id)
      user.conversations.add(this.groupId)
      user.follow.set(this.groupId, member.join_seq)
      user.unfollow.delete(this.groupId)
    }
    if (joining.length > 0) this.groupDirty = true
    group.member_count += joining.length
    return joining
  }
  async removeMember(userId: string): Promise<boolean> {
    const member = await this.findMember(userId)
    if (member?.active !== true) return false
    if (member.role === 'owner' && this.row.disbanded_at === null) throw refuse('group.owner_required')
    this.#change(member, { active: false, role: 'member', muted_until: 0 })
    this.row.member_count -= 1
    this.groupDirty = true
    this.left.push(userId)
    const user = this.decision.userWork(userId)
    user.conversations.add(this.groupId)
    user.unfollow.add(this.groupId)
    user.follow.delete(this.groupId)
    return true
  }
  /** Gives a role; the owner's role moves, it is never given twice. */
  async setRole(userId: string, role: MemberRow['role']): Promise<void> {
    const member = await this.findMember(userId)
    if (member?.active !== true) throw refuse('member.not_in_group')
    if (member.role === role) return
    if (member.role === 'owner') throw refuse('group.owner_required')
    if (role === 'owner') {
      const owner = must(await this.findMember(this.row.owner_id), 'a group has an owner')
      this.#change(owner, { role: 'admin' })
      this.decision.userWork(owner.user_id).conversations.add(this.groupId)
      this.row.owner_id = userId
      this.groupDirty = true
    }
    this.#change(member, { role })
    this.decision.userWork(userId).conversations.add(this.groupId)
  }
  async setNickname(userId: string, nickname: string | null): Promise<void> {
    this.#change(await this.#readMember(userId), { nickname })
  }
  async setMutedUntil(userId: string, until: number): Promise<void> {
    this.#change(await this.#readMember(userId), { muted_until: until })
  }
  /** Also for somebody who never was a member. */
  async setBanned(userId: string, banned: boolean): Promise<void> {
    let member = await this.findMember(userId)
    member ??= (
      await createMemberships(this.decision, this.row, [userId], this.#members, { source: '', active: false })
    )[0]
    this.#change(must(member, 'the row made'), { banned })
  }
  /** Stamps a member whose name or picture changed elsewhere; also one who left. */
  async touchMember(userId: string): Promise<void> {
    const member = await this.findMember(userId)
    if (member !== undefined) this.#change(member, {})
  }
  async #readMember(userId: string): Promise<MemberDbRow> {
    const member = await this.findMember(userId)
    if (member?.active !== true) throw refuse('member.not_in_group')
    return member
  }
  #change(member: MemberDbRow, patch: Partial<MemberDbRow>): void {
    assert(this.#row !== undefined, 'a member changes under the lock of the group')
    this.#members.set(member.user_id, { ...member, ...patch })
    this.membersDirty.add(member.user_id)
  }

  // ── the group's own row ──
  update(patch: {
    readonly name?: string
    readonly avatar?: string
    readonly settings?: Partial<GroupSettings>
  }): void {
    const row = this.row
    if (patch.name !== undefined) row.name = patch.name
    if (patch.avatar !== undefined) row.avatar = patch.avatar
    if (patch.settings !== undefined) row.settings = { ...row.settings, ...patch.settings }
    this.groupDirty = true
  }
  /** [MER10] Its merchant's value is given no more, or again; the group itself goes on. */
  setStopped(isStopped: boolean): void {
    this.row.stopped_at = isStopped ? (this.row.stopped_at ?? this.decision.now) : null
    this.groupDirty = true
  }
  disband(): void {
    this.row.disbanded_at ??= this.decision.now
    this.groupDirty = true
  }

  // ── messages ──
  setMessage(row: MessageDbRow, words?: LastWords): void {
    this.messages.set(row.seq, { row, words: words ?? this.messages.get(row.seq)?.words })
  }
  /** Posts within this decision, under the group's lock. The card's first state is the caller's business. */
  async post(message: NewMessage): Promise<PostedRow> {
    const { now } = this.decision
    const group = this.row
    const sender = message.senderId === '' ? undefined : await this.findMember(message.senderId)
    const own = (sender?.own ?? 0) + (message.countable && sender !== undefined ? 1 : 0)
    const row = nextRow(group, message, own, now)
    await insertMessage(this.decision, this.groupId, row, message)
    group.last_seq = row.seq
    group.version = row.version
    group.last_ordinal = row.ordinal
    group.last_at = row.at
    if (row.countable) group.last_word_seq = row.seq
    if (sender !== undefined && message.countable) {
      await countOwn(this.decision, this.groupId, sender.user_id, row.seq)
      this.#members.set(sender.user_id, { ...sender, own })
    }
    for (const userId of message.mentions) this.mentions.push([userId, row.seq, row.sender_id])
    await writeMentions(this.decision, this.groupId, row, message.mentions)
    const posted: PostedRow = {
      seq: row.seq,
      ordinal: row.ordinal,
      own,
      at: row.at,
      senderId: row.sender_id,
      countable: row.countable,
      words: wordsOf(row, message.summary),
      text: messageText(row),
    }
    this.posted.push(posted)
    return posted
  }

  putRecord(record: SyncedRecord, key: string, body: unknown): void {
    assert(record.stream === 'group', `record ${record.kind} belongs on a user's stream`)
    if (body !== null) this.decision.engine.validators.assert(record.body, body, `record ${record.kind}`)
    this.records.set(`${record.kind}/${key}`, {
      kind: record.kind,
      key,
      body: body === null ? null : JSON.stringify(body),
    })
  }
  record(name: string, data: unknown): void {
    const { registry, validators } = this.decision.engine
    validators.assert(must(registry.facts.get(name), `fact ${name} is declared`), data, `fact ${name}`)
    this.facts.push({ name, data })
  }
  schedule(seq: number, job: string, at: number | null, input: unknown): void {
    this.jobs.set(`${seq}/${job}`, { seq, job, at, input })
  }

  // ── stamping ──
  /** Reserves `count` versions and room for the facts; returns the counters before them. */
  async takeVersions(count: number): Promise<{ version: number; from: number; lastFact: number }> {
    const { appId, tx } = this.decision
    const facts = this.facts.length
    if (this.#row === undefined && this.groupId === appFactsGroupId) await ensureAppFacts(this.decision)
    // A lock that another run had to take out of turn is a whole one.
    else await this.decision.order.reach([this.#key])
    if (this.#row === undefined) {
      type Counted = Pick<GroupDbRow, 'version' | 'last_fact'> & Ending
      const { rows } = await sql<Counted>`UPDATE groups
        SET version = version + ${count}, last_fact = last_fact + ${facts}
        WHERE app_id = ${appId} AND group_id = ${this.groupId}
        RETURNING version, last_fact, disbanded_at, stopped_at`.execute(tx)
      const row = must(rows[0], 'the group of a message')
      await this.#lookAgain(row)
      return { version: row.version - count, from: row.version - count, lastFact: row.last_fact - facts }
    }
    const row = this.row
    const before = { version: row.version, from: this.#from, lastFact: row.last_fact }
    row.version += count
    row.last_fact += facts
    if (!this.groupDirty) await writeCounters(this.decision, row)
    return before
  }
  async writeGroup(version: number): Promise<GroupDbRow> {
    this.row.row_version = version
    await writeRow(this.decision, this.row)
    return this.row
  }
  async writeMembers(next: () => number): Promise<MemberDbRow[]> {
    const rows = [...this.membersDirty].map((userId) => ({
      ...must(this.#members.get(userId), 'a changed member'),
      version: next(),
    }))
    for (const row of rows) this.#members.set(row.user_id, row)
    await writeMembers(this.decision, this.groupId, rows)
    if (rows.length > 0) await writeFaces(this.decision, this.groupId)
    return rows
  }
}
