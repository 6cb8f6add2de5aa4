/** What the random walk shares: a naive model of a programme that counts from lists, and moves compared with it. */
import { DAY, dayBudget, dayIn, defaultZone, HOUR, MINUTE, type UserId } from '@qun/contract'
import { balanceOf, budgetsOf, setBudget } from '@qun/ledger'
import {
  actTogether,
  again,
  type Answer,
  appId,
  type At,
  type Deed,
  shopId,
  startWorld,
  type World,
} from '@qun/testing'
import { expect } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { checkIn, makeUpAgeMax, makeUpSpanMs, type CheckInBody, type CheckInMine } from './contract.ts'
import feature from './server.ts'

const currency = 'points'
/** What a person may be given on a day: the two first milestones, not all three. */
const memberDayCap = 20
const phrases = ['读了二十页', '读了 二十页！', '跑步', '早起', '喝水', '背单词', '散步', '写字', '！！']
/** How words are compared: letters and digits alone. */
const keyOf = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, '')
/** Dates are told by their number here, so that neighbours differ by one. */
const numberOf = (day: string) => Date.parse(`${day}T00:00:00Z`) / DAY
const dateOf = (number: number) => new Date(number * DAY).toISOString().slice(0, 10)

interface Done {
  readonly number: number
  readonly at: number
  readonly isMadeUp: boolean
  readonly key: string | null
}
/** What a person was given, over all programmes. */
class Purses {
  readonly points = new Map<string, number>()
  readonly spent = new Map<string, number>()
  spentOn = (who: string, day: string) => this.spent.get(`${who}/${day}`) ?? 0
  give(who: string, day: string, points: number): boolean {
    if (this.spentOn(who, day) + points > memberDayCap) return false
    this.spent.set(`${who}/${day}`, this.spentOn(who, day) + points)
    this.points.set(who, (this.points.get(who) ?? 0) + points)
    return true
  }
}
/** What should be, by the words of the README and without a counter. */
class Model {
  isEnded = false
  readonly #days = new Map<string, Done[]>()
  readonly #mine = new Map<string, CheckInMine>()
  /** In the order in which they got where they are. */
  #standings: { who: string; days: number }[] = []
  #last = { today: '', todayCount: 0 }
  readonly body: CheckInBody & { readonly endsAt: number }
  readonly #since: number
  readonly #purses: Purses
  constructor(body: Model['body'], now: number, purses: Purses) {
    this.body = body
    this.#since = numberOf(dayIn(defaultZone, now))
    this.#last.today = dayIn(defaultZone, now)
    this.#purses = purses
  }
  mineOf = (who: string): CheckInMine | null => this.#mine.get(who) ?? null
  isOver = (now: number) => this.isEnded || now >= this.body.endsAt

  check(who: string, text: string, now: number): string | null {
    if (this.isOver(now)) return 'check_in.ended'
    const number = numberOf(dayIn(defaultZone, now))
    if (this.#daysOf(who).some((one) => one.number === number)) return null
    // Eight hours ahead of UTC, without a summer time.
    const minute = Math.floor(((now + 8 * HOUR) % DAY) / MINUTE)
    if (minute < this.body.opens || minute >= this.body.closes) return 'check_in.window'
    if (this.body.proof === 'text' && keyOf(text) === '') return 'check_in.proof_missing'
    return this.#count(who, { number, at: now, isMadeUp: false, key: keyOf(text) })
  }
  makeUp(who: string, day: string, now: number): string | null {
    if (this.isOver(now)) return 'check_in.ended'
    const [number, today] = [numberOf(day), numberOf(dayIn(defaultZone, now))]
    const known = this.#daysOf(who).find((one) => one.number === number)
    if (known?.isMadeUp === true) return null
    const age = today - number
    if (known !== undefined || age < 1 || age > makeUpAgeMax || number < this.#since) return 'check_in.day_invalid'
    return this.#count(who, { number, at: now, isMadeUp: true, key: null })
  }
  end(who: string): string | null {
    if (who !== 'wang' && who !== 'he') return 'group.permission'
    this.isEnded = true
    return null
  }
  #daysOf = (who: string) => this.#days.get(who) ?? []
  #count(who: string, added: Done): string | null {
    const { body } = this
    const before = this.#daysOf(who)
    const all = [...before, added]
    const used = all.filter((one) => one.isMadeUp && one.at > added.at - makeUpSpanMs).length
    if (used > body.makeUps) return 'check_in.make_up_none'
    this.#days.set(who, all)
    const today = numberOf(dayIn(defaultZone, added.at))
    const streak = streakOf(new Set(all.map((one) => one.number)), today)
    const value = body.mode === 'consecutive' ? streak : all.length
    const reached = this.#mine.get(who)?.reached ?? []
    const due = body.milestones.filter((one) => one.days <= value && !reached.includes(one.days))
    const points = due.reduce((sum, one) => sum + one.points, 0)
    const isGiven = !isRepeat(before, added) && this.#purses.give(who, dateOf(today), points)
    const ascending = all.toSorted((a, b) => a.number - b.number)
    this.#mine.set(who, {
      days: ascending.map((one) => dateOf(one.number)),
      madeUp: ascending.filter((one) => one.isMadeUp).map((one) => dateOf(one.number)),
      streak,
      total: all.length,
      reached: [...reached, ...(isGiven ? due.map((one) => one.days) : [])],
      makeUpsLeft: body.makeUps - used,
    })
    this.#standings = [...this.#standings.filter((one) => one.who !== who), { who, days: all.length }]
    const { today: last, todayCount } = this.#last
    const day = dateOf(today)
    if (!added.isMadeUp) this.#last = { today: day, todayCount: day === last ? todayCount + 1 : 1 }
    return null
  }
  state() {
    // Whoever got there first stays ahead.
    const top = this.#standings.toSorted((a, b) => b.days - a.days).slice(0, 10)
    return { ...this.#last, memberCount: this.#days.size, top: this.body.leaderboard ? top : [] }
  }
}
/** The run of days that ends today or yesterday. */
function streakOf(days: ReadonlySet<number>, today: number): number {
  let last = days.has(today) ? today : today - 1
  let run = 0
  for (; days.has(last); last--) run += 1
  return run
}
/** Words that repeat one of the last seven. */
function isRepeat(before: readonly Done[], { key }: Done): boolean {
  const spoken = before.filter((one) => one.key !== null).toSorted((a, b) => b.at - a.at)
  return key !== null && spoken.slice(0, 7).some((one) => one.key === key)
}

export const openWorld = () => startWorld({ features: [message, membership, feature], watching: [] })
interface Programme {
  readonly at: At
  readonly model: Model
  readonly answers: Answer[]
}
export class Walk {
  readonly seen = new Set<string>()
  done = 0
  readonly #world: World
  readonly #random: () => number
  readonly #people: readonly string[]
  readonly #purses = new Purses()
  #programmes: Programme[] = []

  constructor(world: World, random: () => number, people: readonly string[]) {
    this.#world = world
    this.#random = random
    this.#people = people
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  #pick = <T>(from: readonly T[]): T => from[this.#below(from.length)] as T
  #now = () => this.#world.time.now()

  async begin(): Promise<void> {
    const cap = { scope: 'member-day', currency, cap: memberDayCap }
    await this.#world.store.transaction(appId, (tx) => setBudget({ tx, appId }, cap))
  }
  /** An instant of today or of a day soon, and what people do at it. */
  async round(most: number): Promise<void> {
    this.#programmes = this.#programmes.filter(({ model }) => !model.isOver(this.#now()) || this.#random() < 0.5)
    if (this.#programmes.length < 2) await this.#start()
    this.#pass()
    for (const programme of this.#programmes) await this.#many(programme, 1 + this.#below(most))
    if (this.#random() < 0.5) await this.compare()
  }
  async #start(): Promise<void> {
    const body = {
      title: '每天读书',
      opens: 6 * 60,
      closes: 22 * 60,
      mode: this.#pick(['consecutive', 'cumulative'] as const),
      milestones: [
        { days: 1, points: 4 },
        { days: 2, points: 7 },
        { days: 4, points: 12 },
      ],
      proof: this.#pick(['none', 'text'] as const),
      makeUps: this.#below(3),
      leaderboard: this.#random() < 0.7,
      endsAt: this.#now() + (6 + this.#below(10)) * DAY + this.#below(24) * HOUR,
    }
    const at = await this.#world.as('wang').post(this.#world.groupId, checkIn, body)
    this.#programmes.push({ at, model: new Model(body, this.#now(), this.#purses), answers: [] })
  }
  /** Often to the minute at which it opens or closes; the job that ends a programme is late now and then. */
  #pass(): void {
    const midnight = Math.floor((this.#now() + 8 * HOUR) / DAY) * DAY - 8 * HOUR
    const minute = this.#pick([6 * 60 - 1, 6 * 60, 12 * 60, 20 * 60, 22 * 60 - 1, 22 * 60, 23 * 60])
    const wanted = midnight + this.#pick([0, 1, 1, 1, 2]) * DAY + minute * MINUTE
    const ends = this.#programmes.map(({ model }) => model.body.endsAt).filter((at) => at > this.#now())
    const next = this.#random() < 0.2 ? Math.min(wanted, ...ends) : wanted
    this.#world.time.moveTo(Math.max(this.#now(), next))
  }
  async #many({ at, model, answers }: Programme, count: number): Promise<void> {
    const deeds: Deed[] = []
    // What each may be told of their own days: as they are by then, or after others that were decided together.
    const told = new Map<Deed, (CheckInMine | null)[]>()
    for (let i = 0; i < count; i++) {
      if (answers.length > 0 && this.#random() < 0.05) {
        deeds.push(again(this.#pick(answers), this.#random() < 0.7))
        continue
      }
      const deed = this.#one(model, this.#pick(this.#people))
      deeds.push(deed)
      told.set(deed, [])
      for (const [one, all] of told) if (one.who === deed.who) all.push(model.mineOf(deed.who))
    }
    const answered = await actTogether(this.#world, at, deeds)
    this.done += count
    for (const { expected } of deeds) this.seen.add(String(expected))
    const successes = answered.filter(({ deed, result }) => result !== undefined && deed.action !== 'end')
    answers.push(...successes.slice(0, 3))
    for (const { deed, result } of successes)
      if (told.has(deed)) expect(told.get(deed), deed.who).toContainEqual(result?.mine ?? null)
  }
  #one(model: Model, who: string): Deed {
    const [dice, now] = [this.#random(), this.#now()]
    if (dice < 0.001) return { who, action: 'end', input: {}, expected: model.end(who) }
    if (dice < 0.3) {
      const day = dateOf(numberOf(dayIn(defaultZone, now)) - this.#below(makeUpAgeMax + 3) + 1)
      return { who, action: 'make_up', input: { day }, expected: model.makeUp(who, day, now) }
    }
    const text = this.#pick(phrases)
    return { who, action: 'check', input: { text }, expected: model.check(who, text, now) }
  }
  /** The cards, everybody's points, and what counts against their day: no cap is passed. */
  async compare(): Promise<void> {
    await this.#world.core.settle()
    for (const { at, model } of this.#programmes) {
      const { phase, top, ...counts } = await this.#world.read(at, checkIn)
      const shown = top.map(({ userId, days }) => ({ who: userId as string, days }))
      expect({ ...counts, top: shown }).toEqual(model.state())
      expect(phase).toBe(model.isOver(this.#now()) ? 'ended' : 'open')
    }
    const day = dayIn(defaultZone, this.#now())
    const keys = this.#people.map((who) => ({ ...dayBudget(shopId, 'member-day', who as UserId, day), currency }))
    await this.#world.store.reading(appId, async (tx) => {
      const spent = (await budgetsOf({ tx, appId }, keys)).map((one) => one.spent)
      expect(spent).toEqual(this.#people.map((who) => this.#purses.spentOn(who, day)))
      for (const one of spent) expect(one).toBeLessThanOrEqual(memberDayCap)
      for (const who of this.#people) {
        const balance = await balanceOf({ tx, appId, now: this.#now() }, `user/${who}`, currency)
        expect(balance, who).toBe(this.#purses.points.get(who) ?? 0)
      }
    })
  }
}
