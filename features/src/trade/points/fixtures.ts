/** What the random walks share: moves of the host, its checkout and its orders, each compared with the model. */
import { campaignBudget, DAY, dayBudget, HOUR, mainMerchant, MINUTE, type BudgetKey, type UserId } from '@qun/contract'
import { budgetsOf, setBudget } from '@qun/ledger'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { expect } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { tell, teller } from '../order/fixtures.ts'
import { deductPoints, expirePoints, grantPoints, grantsPerOrderMax, pointsOf, reversePoints } from './contract.ts'
import { caps, Model, type Grant } from './fixtures-model.ts'
import feature from './server.ts'

const currency = 'points'
const staff = ['wang', 'he']
export const openWorld = () => startWorld({ features: [message, membership, teller, feature], watching: [] })

export class Walk {
  readonly model = new Model()
  readonly world: World
  readonly seen = new Set<string>()
  readonly #random: () => number
  readonly #people: readonly string[]
  #refs = 0
  #keys = 0
  #campaigns = 0
  /** Of the latest: what is repeated, reversed and ended. */
  #latest: Grant[] = []
  #orderIds: string[] = []
  done = 0

  constructor(world: World, random: () => number, people: readonly string[]) {
    this.world = world
    this.#random = random
    this.#people = people
  }
  #below = (n: number) => Math.floor(this.#random() * n)
  #pick = <T>(from: readonly T[]): T => from[this.#below(from.length)] as T
  #host = () => this.world.asServer()
  /** Each request has a key of its own: the ref alone makes a repeated one harmless. */
  #key = () => ({ key: `walk-${++this.#keys}` })
  /** Of one width, so that refs stand in the order in which they were made. */
  #ref = () => `m${String(++this.#refs).padStart(7, '0')}`
  #campaign = () => `walk-${this.#campaigns}`

  async begin(): Promise<void> {
    await this.#cap('member-day', caps.memberDay)
    await this.#cap('staff-day', caps.staffDay)
    await this.#nextCampaign()
  }
  #cap = (scope: string, cap: number) =>
    this.world.store.transaction(appId, (tx) => setBudget({ tx, appId }, { scope, currency, cap }))
  async #nextCampaign(): Promise<void> {
    this.#campaigns += 1
    await this.#cap(`campaign/${this.#campaign()}`, caps.campaign)
  }
  async step(): Promise<void> {
    const { model, world } = this
    model.now = world.time.now()
    const dice = this.#random()
    if (dice < 0.02) await this.#pass()
    else if (dice < 0.025) await this.#nextCampaign()
    else if (dice < 0.3) await this.#grant(this.#newGrant())
    else if (dice < 0.4) await this.#repeat()
    else if (dice < 0.55) await this.#deduct()
    else if (dice < 0.65) await this.#reverse()
    else if (dice < 0.7) await this.#grantTogether()
    else if (dice < 0.75) await this.#grantWhileEnding()
    else if (dice < 0.85) await this.#hear()
    else await this.#many()
    this.done += 1
  }
  async #pass(): Promise<void> {
    this.world.time.moveTo(this.world.time.now() + this.#below(this.#pick([20 * MINUTE, 9 * HOUR, 2 * DAY])))
    // Points that lapsed are moved late now and then: nobody has them all the same.
    if (this.#random() < 0.5) await this.#host().call(expirePoints, { body: {} })
  }
  #newGrant(): Grant {
    // One order at a time carries as many grants as one may, and more are tried.
    const big = Math.floor(this.#refs / 2_000)
    const isBig = this.#random() < 0.2
    const who = isBig ? (this.#people[big % this.#people.length] ?? '') : this.#pick(this.#people)
    // At midnight of one of the next days; now and then at an instant that is over.
    const midnight = (Math.floor(this.model.now / DAY) + 1 + this.#below(12)) * DAY
    const expiresAt = this.#below(30) === 0 ? this.model.now : midnight
    return {
      ref: this.#ref(),
      who,
      amount: 1 + this.#below(isBig ? 8 : 80),
      ...(this.#random() < 0.5 ? { expiresAt } : {}),
      ...(this.#random() < 0.3 ? { staffId: this.#pick(staff) } : {}),
      ...(this.#random() < 0.3 ? { campaign: this.#campaign() } : {}),
      ...(isBig ? { orderId: `big-${big}` } : this.#random() < 0.6 ? { orderId: this.#order(who) } : {}),
    }
  }
  /** A new one, one of the person's, perhaps ended, or another's. */
  #order(who: string): string {
    const dice = this.#random()
    const known = this.#orderIds
    if (known.length > 0 && dice < 0.1) return this.#pick(known)
    const own = known.filter((orderId) => this.model.orders.get(orderId)?.who === who)
    return own.length > 0 && dice < 0.6 ? this.#pick(own) : `o-${this.#refs}`
  }
  #agree(told: string | null, expected: string | null): void {
    expect(told).toBe(expected)
    this.seen.add(String(expected))
  }
  #ask = ({ who, ...rest }: Grant) =>
    refusalOf(
      this.#host().call(grantPoints, {
        ...this.#key(),
        body: {
          ...rest,
          userId: who as UserId,
          ...(rest.staffId === undefined ? {} : { staffId: rest.staffId as UserId }),
        },
      } as never),
    )
  #granted(grant: Grant): string | null {
    const told = this.model.grant(grant)
    if (told === null) this.#keep(grant)
    return told
  }
  #deducted(asked: Grant): string | null {
    const told = this.model.deduct(asked)
    if (told === null) this.#keep(asked)
    return told
  }
  #ended(orderId: string, who: string): void {
    this.model.end(orderId, who)
    this.#keepOrder(orderId)
  }
  /** What was done may be told again from now on. */
  #keep(asked: Grant): void {
    if (!this.#latest.some(({ ref }) => ref === asked.ref)) this.#latest = [...this.#latest, asked].slice(-60)
    if (asked.orderId !== undefined) this.#keepOrder(asked.orderId)
  }
  #keepOrder(orderId: string): void {
    const carried = this.model.orders.get(orderId)?.grants.length ?? 0
    // One that is to carry as many as it may does not end before.
    if (orderId.startsWith('big-') && carried < grantsPerOrderMax) return
    if (!this.#orderIds.includes(orderId)) this.#orderIds = [...this.#orderIds, orderId].slice(-40)
  }
  async #grant(grant: Grant): Promise<void> {
    this.#agree(await this.#ask(grant), this.#granted(grant))
  }
  #known(): Grant | undefined {
    return this.#latest.length === 0 ? undefined : this.#pick(this.#latest)
  }
  /** The same grant again, or another under its ref. */
  async #repeat(): Promise<void> {
    const grant = this.#known()
    if (grant === undefined) return
    await this.#grant(this.#random() < 0.7 ? grant : { ...grant, amount: grant.amount + 1 })
  }
  #deductAs = ({ ref, who, amount }: Grant) =>
    refusalOf(this.#host().call(deductPoints, { ...this.#key(), body: { ref, userId: who as UserId, amount } }))
  async #deduct(): Promise<void> {
    const who = this.#pick(this.#people)
    // Often all there is, or one more.
    const amount = Math.max(1, this.#random() < 0.3 ? this.model.balance(who) + this.#below(2) : this.#below(120))
    const asked = { ref: this.#ref(), who, amount }
    this.#agree(await this.#deductAs(asked), this.#deducted(asked))
    if (this.#random() < 0.2) this.#agree(await this.#deductAs(asked), this.#deducted(asked))
  }
  async #reverse(): Promise<void> {
    const ref = this.#random() < 0.95 ? this.#known()?.ref : 'nothing'
    if (ref === undefined) return
    const by = `${ref}/back-${this.#random() < 0.8 ? 1 : 2}`
    const told = await refusalOf(this.#host().call(reversePoints, { ...this.#key(), body: { ref, by } }))
    this.#agree(told, this.model.reverse(ref, by))
  }
  /** One grant several times at once: it is given once, or never. */
  async #grantTogether(): Promise<void> {
    const grant = this.#newGrant()
    for (const told of await Promise.all([1, 2, 3].map(() => this.#ask(grant)))) this.#agree(told, this.#granted(grant))
  }
  /** An order ends while something is granted for it: whichever is first, nothing is left of it. */
  async #grantWhileEnding(): Promise<void> {
    const { who, ...rest } = this.#newGrant()
    const orderId = this.#order(who)
    const grant = { ...rest, who, orderId }
    const owner = this.model.orders.get(orderId)?.who ?? who
    const ending = this.#tell(orderId, owner, 'refunded')
    const [told] = await Promise.all([this.#ask(grant), ending])
    if (told !== 'points.order_invalid') this.#agree(told, this.#granted(grant))
    this.#ended(orderId, owner)
    if (told === 'points.order_invalid') this.#agree(told, this.#granted(grant))
  }
  async #tell(orderId: string, userId: string, status: string): Promise<void> {
    await this.#host().call(tell, { body: { orderId, userId, status } })
    await this.world.core.settle()
  }
  /** Events of orders, repeated and late, also of those for which nothing was granted yet. */
  async #hear(): Promise<void> {
    const who = this.#pick(this.#people)
    const orderId = this.#order(who)
    const owner = this.model.orders.get(orderId)?.who ?? who
    const status = this.#pick(['paid', 'received', 'cancelled', 'refunded'])
    await this.#tell(orderId, owner, status)
    this.model.hear(orderId, owner)
    this.#keepOrder(orderId)
    if (status === 'cancelled' || status === 'refunded') this.#ended(orderId, owner)
    if (this.#random() < 0.3) await this.compare()
  }
  /** Everybody is given something or pays at once; what one has does not hang on the others. */
  async #many(): Promise<void> {
    const asked = this.#people.map((who) => {
      const movement: Grant = { ref: this.#ref(), who, amount: 1 + this.#below(40) }
      return this.#random() < 0.5
        ? { told: this.#ask(movement), expected: this.#granted(movement) }
        : { told: this.#deductAs(movement), expected: this.#deducted(movement) }
    })
    for (const { told, expected } of asked) this.#agree(await told, expected)
    this.done += asked.length - 1
  }
  /** Everybody's wallet, and what counts against each cap: none is passed. */
  async compare(): Promise<void> {
    const { model, world } = this
    await world.core.settle()
    model.now = world.time.now()
    for (const who of this.#people) {
      const wallet = await this.#host().call(pointsOf, { params: { userId: who as UserId } })
      expect(wallet, who).toEqual({ balance: model.balance(who), lots: model.lots(who) })
    }
    const day = model.day()
    const dayOf = (scope: 'member-day' | 'staff-day') => (who: string) =>
      dayBudget(mainMerchant, scope, who as UserId, day)
    await this.#compareCap('memberDay', this.#people, dayOf('member-day'))
    await this.#compareCap('staffDay', staff, dayOf('staff-day'))
    await this.#compareCap('campaign', [this.#campaign()], (name) => campaignBudget(mainMerchant, name))
  }
  async #compareCap(
    scope: keyof typeof caps,
    all: readonly string[],
    keyOf: (one: string) => BudgetKey,
  ): Promise<void> {
    const keys = all.map((one) => ({ ...keyOf(one), currency }))
    const found = await this.world.store.reading(appId, (tx) => budgetsOf({ tx, appId }, keys))
    const expected = all.map((one) => ({ cap: caps[scope] as number, spent: this.model.spentOn(scope, one) }))
    expect(found).toEqual(expected)
    for (const { cap, spent } of found) expect(spent).toBeLessThanOrEqual(cap ?? 0)
  }
}
