/** Turns at the connections: fair between apps, bounded, and never lost. Counted in turns, not in time. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { freshDatabase, wireTo } from './fixtures.ts'
import { openStore, storeTrouble, type Store } from './postgres.ts'
import { TurnRefusedError, Turns, type TurnsOptions } from './turns.ts'

const standard = { places: 2, reserved: 0, waitMs: 5_000, waitingPerAppMax: 500, waitingMax: 2_000 }
const ticks = async () => {
  for (let at = 0; at < 5; at += 1) await Promise.resolve()
}

/** Takes turns by name and notes who began, in order. */
function hall(options: Partial<TurnsOptions> = {}) {
  const timers = new Set<() => void>()
  const later = (_delayMs: number, run: () => void) => {
    timers.add(run)
    return () => timers.delete(run)
  }
  const turns = new Turns({ ...standard, later, ...options })
  const began: string[] = []
  const ends: (() => void)[] = []
  const refused: string[] = []
  const ask = (appId: string, userId?: string) =>
    void turns.take(userId === undefined ? { appId } : { appId, userId }).then(
      (end) => {
        began.push(appId)
        ends.push(end)
      },
      (error: unknown) => {
        expect(error).toBeInstanceOf(TurnRefusedError)
        refused.push(appId)
      },
    )
  const endOne = async () => {
    ends.shift()!()
    await ticks()
  }
  const timeOut = async () => {
    for (const run of [...timers]) run()
    await ticks()
  }
  return { ask, endOne, timeOut, began, refused, timers, ends }
}

describe('[TURN1] apps take turns', () => {
  test('one that comes behind a hundred of another is next but one', async () => {
    const { ask, endOne, began } = hall()
    for (let at = 0; at < 100; at += 1) ask('flood')
    ask('quiet')
    await ticks()
    expect(began).toEqual(['flood', 'flood'])
    await endOne()
    await endOne()
    expect(began.join(' ')).toBe('flood flood flood quiet')
  })

  test('three with much to do are served in turn', async () => {
    const { ask, endOne, began } = hall({ places: 1 })
    for (const app of ['a', 'b', 'c']) for (let at = 0; at < 3; at += 1) ask(app)
    for (let at = 0; at < 8; at += 1) {
      await ticks()
      await endOne()
    }
    // The first of `a` had begun before the others came.
    expect(began.join('')).toBe('aabcabcbc')
  })

  test('the whole store: a flood of one app delays the other’s transaction by no more than one turn', async () => {
    const database = await freshDatabase(inject('pgUrl'))
    const store = await openStore({ url: database.url, poolSize: 2 })
    const order: string[] = []
    const run = (app: string) =>
      store.transaction(app, async (tx) => {
        order.push(app)
        await sql`select 1`.execute(tx)
      })
    const flood = Array.from({ length: 12 }, () => run('flood'))
    await Promise.all([...flood, run('quiet')])
    expect(order.indexOf('quiet')).toBeLessThanOrEqual(3)
    expect(order).toHaveLength(13)
    await store.close()
    await database.drop()
  })
})

test('[TURN2] what one app may not take is there for another at once', async () => {
  const { ask, began } = hall({ places: 12, reserved: 2 })
  for (let at = 0; at < 50; at += 1) ask('flood')
  await ticks()
  expect(began).toHaveLength(10)
  ask('quiet')
  ask('other')
  await ticks()
  expect(began.slice(10)).toEqual(['quiet', 'other'])
})

describe('[TURN3] waiting is bounded', () => {
  test('by time: who waited too long is refused, and leaves nothing behind', async () => {
    const { ask, endOne, timeOut, began, refused, timers, ends } = hall({ places: 1 })
    for (const app of ['a', 'b', 'b']) ask(app)
    await ticks()
    await timeOut()
    expect([began, refused, timers.size]).toEqual([['a'], ['b', 'b'], 0])
    ask('c')
    await endOne()
    await endOne()
    expect([began, ends.length]).toEqual([['a', 'c'], 0])
  })

  test('by number: a flood fills its own line and not the hall', async () => {
    const { ask, began, refused } = hall({ places: 1, waitingPerAppMax: 5, waitingMax: 6 })
    for (let at = 0; at < 10; at += 1) ask('flood')
    for (const app of ['a', 'b', 'c']) ask(app)
    await ticks()
    expect([began.length, refused]).toEqual([1, Array(4).fill('flood')])
    ask('flood')
    await ticks()
    expect(refused).toHaveLength(5)
  })

  test('who is refused leaves nothing behind: apps that nobody waits for take no share from others', async () => {
    const { ask, endOne, began, refused, ends } = hall({ places: 1, waitingPerAppMax: 3, waitingMax: 3 })
    for (let n = 0; n < 5; n++) ask('flood', `u${n}`)
    await ticks()
    expect(refused).toEqual(['flood'])
    while (ends.length > 0) await endOne()
    for (const app of ['a', 'a', 'a', 'b', 'b']) ask(app)
    await ticks()
    expect([began.length, refused]).toEqual([5, ['flood']])
  })

  test('the store says unavailable', () => {
    expect(storeTrouble(new TurnRefusedError('…'))).toBe('unavailable')
  })
})

describe('[TURN4] no turn is lost', () => {
  const stores: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of stores.splice(0).toReversed()) await close()
  })

  test('when transactions fail and connections break or cannot be made', async () => {
    const database = await freshDatabase(inject('pgUrl'))
    const wire = await wireTo(database.url)
    const store: Store = await openStore({ url: wire.url, poolSize: 1 })
    stores.push(
      () => database.drop(),
      () => wire.close(),
      () => store.close(),
    )
    const ask = () => store.reading('shop', (tx) => sql`select 1`.execute(tx))
    await expect(store.transaction('shop', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    await ask()
    await wire.cut()
    for (let at = 0; at < 3; at += 1)
      await expect(ask()).rejects.toSatisfy((error) => storeTrouble(error) === 'unavailable')
    await wire.restore()
    expect((await ask()).rows).toHaveLength(1)
  })

  test('and never more are under way than there are places, whatever the order', async () => {
    const steps = fc.array(fc.constantFrom('a', 'b', 'c', 'end', 'time'), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { ask, endOne, timeOut, began, refused, ends } = hall({ places: 3, reserved: 1, waitingPerAppMax: 4 })
        let asked = 0
        for (const step of plan) {
          if (step === 'end') await (ends.length > 0 ? endOne() : ticks())
          else if (step === 'time') await timeOut()
          else {
            asked += 1
            ask(step)
            await ticks()
          }
          expect(ends.length).toBeLessThanOrEqual(3)
        }
        while (ends.length > 0) await endOne()
        expect(began.length + refused.length).toBe(asked)
      }),
    )
  })
})
