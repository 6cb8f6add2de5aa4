/** Shares of the machine: whose work waits for whom, how long, and what is kept of it. By a clock of ours. */
import { sql } from 'kysely'
import { describe, expect, inject, test } from 'vitest'
import { freshDatabase } from './fixtures.ts'
import { openStore, storeTrouble } from './postgres.ts'
import { type Owner, type WorkShareLimits, WorkShares } from './work-shares.ts'
import { type TurnRefusedError, Turns, type TurnsOptions } from './turns.ts'

const limits: WorkShareLimits = {
  ...{ person: 0.1, app: 0.25, whole: 0.5, processors: 1 },
  ...{ personBurstMs: 100, appBurstMs: 300, debtMaxMs: 5_000, aloneAfterMs: 1_000 },
}
const standard = { places: 10, reserved: 2, perPersonMax: 2, waitMs: 4_000, waitingPerAppMax: 100, waitingMax: 400 }
const li = { appId: 'shop', userId: 'li' }
const sun = { appId: 'shop', userId: 'sun' }
const other = { appId: 'other', userId: 'he' }

/** A hall with a clock that is moved by hand; turns end after as much work as is said. */
function hall(options: Partial<TurnsOptions> = {}, own: Partial<WorkShareLimits> = {}) {
  let now = 0
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const shares = new WorkShares({ ...limits, ...own }, () => now)
  const later = (delayMs: number, run: () => void) => {
    const timer = { at: now + delayMs, run }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  const turns = new Turns({ ...standard, isCharged: true, later, shares, ...options })
  const began: string[] = []
  const refused: TurnRefusedError[] = []
  const flush = () => new Promise<void>((resolve) => void setImmediate(resolve))
  const pass = async (ms: number) => {
    for (const until = now + ms; ;) {
      const next = [...timers].toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > until) {
        now = until
        break
      }
      now = Math.max(now, next.at)
      timers.delete(next)
      next.run()
      await flush()
    }
    await flush()
  }
  const ends: (() => void)[] = []
  const ask = (owner: Owner) =>
    void turns.take(owner).then(
      (end) => {
        began.push(owner.userId ?? owner.appId)
        ends.push(end)
      },
      (error: TurnRefusedError) => refused.push(error),
    )
  const end = async () => {
    ends.shift()!()
    await flush()
  }
  /** They ask, work for so long, and are done. */
  const work = async (owner: Owner, ms: number) => {
    ask(owner)
    await flush()
    await pass(ms)
    await end()
  }
  return { shares, turns, began, refused, timers, ends, ask, end, work, pass, flush, at: () => now }
}

describe('[FAIR1] a person who took more than their share waits, and the others do not', () => {
  test('until it is made up for; those below their share go before', async () => {
    const { ask, work, pass, flush, began, shares } = hall()
    await work(li, 200)
    shares.ask(sun)
    ask(li)
    ask(sun)
    await flush()
    expect(began).toEqual(['li', 'sun'])
    // What was above the hundred it may take at once, at a tenth of a processor.
    expect(shares.restOf(li)).toBeCloseTo(1_000)
    await pass(400)
    shares.ask(sun)
    await pass(500)
    expect(began).toEqual(['li', 'sun'])
    shares.ask(sun)
    await pass(200)
    expect(began).toEqual(['li', 'sun', 'li'])
  })
  test('of many at once of one person two are under way, and of the rest one is before another’s first at most', async () => {
    const { ask, flush, end, began } = hall({ places: 3, reserved: 0 })
    for (let n = 0; n < 20; n++) ask(li)
    ask(sun)
    ask({ ...sun, userId: 'wang' })
    await flush()
    expect(began).toEqual(['li', 'li', 'sun'])
    await end()
    await end()
    expect(began.slice(3)).toEqual(['li', 'wang'])
  })
  test('work under way counts as it goes: a second long one does not begin beside the first', async () => {
    const { ask, pass, flush, began, shares } = hall()
    ask(li)
    await pass(150)
    shares.ask(sun)
    ask(li)
    await flush()
    expect(began).toEqual(['li'])
  })
})

test('[FAIR9] an app takes half of the places while others ask for something, and all but the reserved when alone', async () => {
  const crowd = Array.from({ length: 12 }, (_, n) => ({ appId: 'shop', userId: `p${n}` }))
  const alone = hall()
  for (const owner of crowd) alone.ask(owner)
  await alone.flush()
  expect(alone.began).toHaveLength(8)
  const beside = hall()
  beside.ask(other)
  for (const owner of crowd) beside.ask(owner)
  await beside.flush()
  expect(beside.began).toEqual(['he', 'p0', 'p1', 'p2', 'p3', 'p4'])
  // The other has gone: whoever ends next makes room for all that may.
  await beside.pass(1_500)
  await beside.end()
  expect(beside.began).toHaveLength(9)
})

describe('[FAIR2] an app that took more than its share waits, and other apps do not', () => {
  test('whoever of its people asks', async () => {
    const { ask, work, flush, pass, began, shares } = hall()
    for (const userId of ['a', 'b', 'c', 'd', 'e']) await work({ appId: 'shop', userId }, 200)
    shares.ask(other)
    for (const owner of [{ appId: 'shop', userId: 'f' }, other, { appId: 'shop' }]) ask(owner)
    await flush()
    expect(began.slice(5)).toEqual(['he'])
    for (let n = 0; n < 25; n++) {
      shares.ask(other)
      await pass(100)
    }
    expect(began.slice(6).toSorted()).toEqual(['f', 'shop'])
  })
  test('its share is what the others leave of the whole, and no less than its own', async () => {
    const { shares, pass } = hall({}, { whole: 1 })
    const restAfter = async (ofOthers: number) => {
      await pass(100_000)
      for (let n = 0; n < 100; n++) {
        shares.charge(other, ofOthers * 100)
        shares.charge({ appId: 'shop' }, 100)
        await pass(100)
      }
      shares.ask(other)
      return shares.restOf({ appId: 'shop' })
    }
    const [beside, besideMore] = [await restAfter(0.05), await restAfter(0.9)]
    expect(beside).toBeLessThan(1_000)
    expect(besideMore).toBeGreaterThan(4_000)
  })
})

describe('[FAIR3] who is alone takes what there is', () => {
  test('a person and an app beside whom nobody asked for anything of late wait for nothing', async () => {
    const { work, pass, shares, began } = hall()
    shares.ask(sun)
    shares.ask(other)
    await pass(1_001)
    for (let n = 0; n < 5; n++) await work(li, 2_000)
    expect([began.length, shares.restOf(li)]).toEqual([5, 0])
    shares.ask(sun)
    expect(shares.restOf(li)).toBe(limits.debtMaxMs)
  })
  test('what an app does by itself, and the engine in all of them, is nobody who waits', async () => {
    const { work, shares } = hall()
    await work(li, 1_000)
    await work({ appId: 'shop' }, 1)
    await work({ appId: 'other' }, 1)
    await work({ appId: '*' }, 50_000)
    expect([shares.restOf(li), shares.restOf({ appId: '*' })]).toEqual([0, 0])
  })
})

test('[FAIR4] debts end, however great, and whoever has none is forgotten', async () => {
  const { work, pass, shares } = hall()
  await work(li, 500_000)
  shares.ask(sun)
  expect(shares.restOf(li)).toBe(limits.debtMaxMs)
  for (let n = 0; n < 1_000; n++) shares.charge({ appId: 'shop', userId: `p${n}` }, 1)
  shares.charge(other, 1)
  expect(shares.size).toBe(1_004)
  await pass(100_000)
  shares.ask(sun)
  // The one who just asked has an app that is kept for it, and no account.
  expect(shares.size).toBe(1)
  await pass(100_000)
  shares.ask(other)
  expect(shares.size).toBe(1)
})

describe('[FAIR5] waits are bounded', () => {
  test('by time and number: who took too much is told when to come back, and not that there is too much of all', async () => {
    const { work, ask, pass, refused, shares, flush, turns, timers } = hall({ waitingPerPersonMax: 3 })
    await work(li, 10_000)
    const keep = async (ms: number) => {
      for (let n = 0; n < ms; n += 500) {
        shares.ask(sun)
        await pass(500)
      }
    }
    shares.ask(sun)
    for (let n = 0; n < 5; n++) ask(li)
    await flush()
    expect(refused.map(({ code }) => code)).toEqual(['store.share_spent', 'store.share_spent'])
    expect(refused[0]?.retryAfterMs).toBe(limits.debtMaxMs)
    await keep(4_500)
    expect([refused.length, turns.waiting]).toEqual([5, 0])
    expect(refused[4]?.retryAfterMs).toBeLessThan(limits.debtMaxMs)
    expect(storeTrouble(refused[4])).toBe('unavailable')
    expect(timers.size).toBe(0)
  })
  test('where there is a place for everybody, whoever waits took too much: also in the moment they made up for it', async () => {
    const { work, ask, pass, flush, refused, shares } = hall({ places: Infinity, reserved: 0, waitingPerPersonMax: 2 })
    await work(li, 1_000)
    shares.ask(sun)
    ask(li)
    ask(li)
    // Nobody else asks any more: they may, and nobody has looked yet.
    await pass(1_100)
    expect(shares.restOf(li)).toBe(0)
    ask(li)
    await flush()
    expect(refused.map(({ code }) => code)).toEqual(['store.share_spent'])
  })
  test('who has half of the places beside others is told that it is theirs', async () => {
    const { ask, pass, refused, shares } = hall({ places: 2, reserved: 0 })
    shares.ask(other)
    ask(li)
    ask(sun)
    for (let n = 0; n < 10; n++) {
      shares.ask(other)
      await pass(500)
    }
    expect(refused.map(({ code }) => code)).toEqual(['store.share_spent'])
  })
  test('who waited for somebody else’s place is not told that it was theirs', async () => {
    const { ask, pass, refused } = hall({ places: 1, reserved: 0 })
    ask(sun)
    ask(li)
    await pass(5_000)
    expect(refused.map(({ code }) => code)).toEqual(['store.overloaded'])
  })
})

test('[FAIR6] who is gone takes no turn, and makes room in a line that is full', async () => {
  const { ask, end, began, flush, refused, turns } = hall({ places: 1, reserved: 0, waitingPerPersonMax: 2 })
  const gone = { ...li, isGone: false }
  for (const owner of [sun, gone, gone]) ask(owner)
  await flush()
  gone.isGone = true
  ask({ ...li, isGone: false })
  await flush()
  expect([refused.length, turns.waiting]).toEqual([2, 1])
  gone.isGone = false
  ask(gone)
  gone.isGone = true
  ask({ appId: 'shop', userId: 'wang' })
  await end()
  await end()
  await end()
  expect(began).toEqual(['sun', 'li', 'wang'])
  expect(turns.waiting).toBe(0)
})

test('[FAIR1] the whole store: who took too much of it waits, while another reads', async () => {
  const database = await freshDatabase(inject('pgUrl'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => database.drop())
  let at = 0
  const store = await openStore({ url: database.url, shares: new WorkShares(limits, () => at) })
  cleanup.defer(() => store.close())
  const order: string[] = []
  const read = (owner: Owner, ms: number) =>
    store.transaction(owner, async (tx) => {
      await sql`select 1`.execute(tx)
      order.push(owner.userId!)
      at += ms
    })
  await read(sun, 0)
  await read(li, 700)
  const second = read(li, 0)
  for (let n = 0; n < 10; n++) await read(sun, 1)
  expect(order).toEqual(['sun', 'li', ...Array<string>(10).fill('sun')])
  at += 100_000
  await read(sun, 0)
  await second
  expect(order.slice(12)).toContain('li')
})
