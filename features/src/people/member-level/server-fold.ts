/** Reads the talk of a group some seconds after it was said: points, first words, weeks, honours. */
import type { BodyOf, UserId } from '@qun/contract'
import { zoneOfGroup, type Fold, type FoldCall, type FoldedPost } from '@qun/core'
import { imageMessage, textMessage } from '../../words/message/contract.ts'
import { memberLevel } from './contract.ts'
import { chooseHonours, quietWeek, weekOf, weekStart, withOther, type GroupConfig, type LevelConfig } from './rules.ts'
import {
  hasEmoji,
  isEcho,
  isNear,
  isQuestion,
  isSubstantive,
  ownRecentMax,
  printOf,
  saidIn,
  withEcho,
} from './rules-words.ts'
import { Book } from './server-book.ts'
import {
  addHonours,
  addPairs,
  dropWeeks,
  firstWordsAt,
  readGroup,
  readWeek,
  removeEarned,
  writeGroup,
  writeWeek,
  type GroupRow,
  type WeekRow,
} from './store.ts'

/** How long after somebody's first words an answer is a welcome. */
const welcomeMs = 86_400_000
/** First words this long before a week's end make a newcomer of that week. */
const newMs = 14 * 86_400_000
/** Messages read before others have a turn: about a millisecond of reading. */
const breathEvery = 16

interface Said {
  readonly seq: number
  readonly at: number
  readonly userId: UserId
  readonly text: string
  readonly quoteSeq: number | undefined
  readonly mentions: readonly UserId[]
}
/** What a person said in it, captions of pictures included; undefined for what is no talk. */
function saidBy({ kind, body, seq, at, senderId }: FoldedPost): Said | undefined {
  if (senderId === '') return undefined
  if (kind === textMessage.kind) {
    const { text, quote, mentions = [] } = body as BodyOf<typeof textMessage>
    const named = mentions.filter((userId): userId is UserId => userId !== '*')
    return { seq, at, userId: senderId, text, quoteSeq: quote?.seq, mentions: named }
  }
  if (kind !== imageMessage.kind) return undefined
  const { alt = '', quote } = body as BodyOf<typeof imageMessage>
  return { seq, at, userId: senderId, text: alt, quoteSeq: quote?.seq, mentions: [] }
}

export function createFold(config: LevelConfig): Fold {
  return {
    name: 'member-level.talk',
    handle: async (call) => new Reading(call, { ...config, timeZone: await zoneOfGroup(call, call.groupId) }).run(),
  }
}

/** One batch of a group. */
class Reading {
  readonly #call: FoldCall
  readonly #config: GroupConfig
  #book!: Book
  #group!: GroupRow
  #quoted: ReadonlyMap<number, FoldedPost> = new Map()
  /** Of the week being counted. */
  readonly #week = new Map<UserId, WeekRow>()
  readonly #pairs: [UserId, UserId][] = []
  #hasHonours = false

  constructor(call: FoldCall, config: GroupConfig) {
    this.#call = call
    this.#config = config
  }

  async run(): Promise<void> {
    const call = this.#call
    const all = call.posts.flatMap((post) => saidBy(post) ?? [])
    this.#quoted = await call.readPosts(new Set(all.flatMap((said) => said.quoteSeq ?? [])))
    const users = await call.findUsers(new Set(all.map((said) => said.userId)))
    // [ML1] Who speaks for the shop earns nothing.
    const talk = all.filter((said) => users.get(said.userId)?.badge === null)
    const taken =
      call.recalls.length === 0
        ? []
        : await removeEarned(
            call,
            call.recalls.map((recall) => recall.seq),
          )
    if (talk.length + taken.length === 0) return
    const touched = [
      ...talk.flatMap((said) => [said.userId, ...this.#addressed(said)]),
      ...taken.map((one) => one.userId),
    ]
    this.#book = await Book.open(call, this.#config, touched)
    this.#group = await readGroup(call)
    for (const [at, said] of talk.entries()) {
      if (at % breathEvery === breathEvery - 1) await call.breathe()
      const week = weekOf(said.at, this.#config)
      // A week that was counted does not come again with a zone told anew.
      if (week > this.#group.week) await this.#turn(week)
      await this.#read(said)
    }
    for (const one of taken) {
      this.#book.takeBack(one)
      await this.#unsay(one)
    }
    await this.#writeWeek()
    await writeGroup(call, this.#group)
    await this.#book.finish(() => call.group(), this.#hasHonours)
  }

  /** Whom it answers: the one it quotes and those it names. */
  #addressed({ userId, quoteSeq, mentions }: Said): UserId[] {
    const quoted = quoteSeq === undefined ? undefined : this.#quoted.get(quoteSeq)?.senderId
    const all = new Set([...(quoted === undefined || quoted === '' ? [] : [quoted]), ...mentions])
    all.delete(userId)
    return [...all]
  }
  async #row(userId: UserId): Promise<WeekRow> {
    const held = this.#week.get(userId)
    if (held !== undefined) return held
    const [stored] = await readWeek(this.#call, this.#group.week, [userId])
    const row = stored ?? { userId, ...quietWeek }
    this.#week.set(userId, row)
    return row
  }
  async #change(userId: UserId, patch: (before: WeekRow) => Partial<WeekRow>): Promise<void> {
    const before = await this.#row(userId)
    this.#week.set(userId, { ...before, ...patch(before) })
  }

  /** [ML2] [ML3] Counts a message of substance that is not said again. */
  async #read(said: Said): Promise<void> {
    const { userId, seq, at, text } = said
    const words = saidIn(text)
    if (!isSubstantive(words)) return
    const print = printOf(words)
    const person = this.#book.person(userId)
    const echo = { at, userId, print }
    const isAgain = person.recent.some((one) => isNear(one, print)) || isEcho(this.#group.echoes, echo)
    this.#group = { ...this.#group, echoes: withEcho(this.#group.echoes, echo) }
    this.#book.change(userId, { recent: [...person.recent, print].slice(-ownRecentMax) })
    if (isAgain) return
    if (person.firstSeq === 0) this.#book.change(userId, { firstSeq: seq, firstAt: at })
    const { talk } = this.#config
    this.#book.earn(userId, { ref: `talk/${seq}`, seq, points: talk, at, isTalk: true })
    await this.#change(userId, (row) => ({ words: row.words + 1, smiles: row.smiles + (hasEmoji(text) ? 1 : 0) }))
    for (const other of this.#addressed(said)) await this.#answer(said, other)
  }
  async #answer({ userId, seq, at, quoteSeq }: Said, other: UserId): Promise<void> {
    const { firstAt, firstSeq, welcomed } = this.#book.person(other)
    // [ML4] The first answer to somebody's first words.
    if (firstSeq > 0 && firstSeq < seq && !welcomed && at - firstAt <= welcomeMs) {
      this.#book.change(other, { welcomed: true })
      this.#book.earn(userId, { ref: `welcome/${other}`, seq, points: this.#config.welcome, at })
    }
    this.#pairs.push([userId, other])
    await this.#change(other, (row) => ({ heardBy: withOther(row.heardBy, userId) }))
    const quoted = quoteSeq === undefined ? undefined : this.#quoted.get(quoteSeq)
    if (quoted?.senderId !== other || !isQuestion(saidBy(quoted)?.text ?? '')) return
    await this.#change(userId, (row) => ({ answered: withOther(row.answered, other) }))
  }
  async #unsay({ userId, ref, day }: { userId: UserId; ref: string; day: number }): Promise<void> {
    const isThisWeek = Math.floor((day + 3) / 7) === this.#group.week
    if (isThisWeek && ref.startsWith('talk/'))
      await this.#change(userId, (row) => ({ words: Math.max(0, row.words - 1) }))
  }

  async #writeWeek(): Promise<void> {
    for (const pair of await addPairs(this.#call, this.#pairs)) {
      for (const userId of pair) await this.#change(userId as UserId, (row) => ({ pairs: row.pairs + 1 }))
    }
    await writeWeek(this.#call, this.#group.week, [...this.#week.values()])
    this.#pairs.length = 0
    this.#week.clear()
  }
  /** [ML8] Another week's talk begins: the week before is honoured. */
  async #turn(week: number): Promise<void> {
    const { week: before } = this.#group
    await this.#writeWeek()
    if (before > 0) await this.#honour(before, week)
    this.#group = { ...this.#group, week }
  }
  async #honour(week: number, next: number): Promise<void> {
    const call = this.#call
    const rows = await readWeek(call, week)
    const known = await firstWordsAt(
      call,
      rows.map((row) => row.userId),
    )
    const weekAt = weekStart(week, this.#config)
    const isNew = (userId: UserId) => {
      const firstAt = this.#book.person(userId).firstAt || (known.get(userId) ?? 0)
      return firstAt > 0 && weekAt + 7 * 86_400_000 - firstAt <= newMs
    }
    const users = await call.findUsers(rows.map((row) => row.userId))
    const own = rows.filter((row) => users.get(row.userId)?.badge === null)
    const honours = chooseHonours(own.map((row) => ({ ...row, isNew: isNew(row.userId) })))
    await dropWeeks(call, next)
    if (honours.length === 0) return
    this.#hasHonours = true
    const given = honours.map((one) => ({ ...one, userId: one.userId as UserId, weekAt }))
    await addHonours(call, given)
    const group = await call.group()
    for (const { userId, honour } of given) group.record('member-level.honour', { userId, honour, weekAt })
    // A week long past is remembered, not announced.
    if (next !== week + 1 || group.row.disbandedAt !== undefined) return
    const named = given.map(({ honour, userId, figure }) => {
      return { honour, userId, figure, name: users.get(userId)?.name ?? userId }
    })
    await group.post({ kind: memberLevel.kind, body: { weekAt, honours: named }, senderId: '' })
  }
}
