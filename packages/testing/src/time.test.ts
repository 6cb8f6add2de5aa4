/** A world's time: it stands still, and what waits runs in order when it moves. */
import { describe, expect, test } from 'vitest'
import { createLossyBus, seeded } from './lossy-bus.ts'
import { turns, until, WorldTime } from './time.ts'

describe('time', () => {
  test('what waits runs when its instant is reached, in order, and not when it was cancelled', () => {
    const time = new WorldTime(1_000)
    const ran: string[] = []
    time.wait(30, () => ran.push('c'))
    time.wait(10, () => ran.push('a'))
    time.wait(10, () => ran.push('b'))
    time.wait(20, () => ran.push('never'))()
    expect(time.nextAt(5_000)).toBe(1_010)
    expect(time.nextAt(1_005)).toBeUndefined()
    time.moveTo(1_009)
    expect(ran).toEqual([])
    time.moveTo(1_030)
    expect([ran, time.now()]).toEqual([['a', 'b', 'c'], 1_030])
    time.moveTo(500)
    expect(time.now()).toBe(1_030)
  })
  test('what a timer starts within its own instant waits for the next move', () => {
    const time = new WorldTime(0)
    let count = 0
    const again = () => void time.wait(10, () => (count++, again()))
    again()
    time.moveTo(10)
    expect(count).toBe(1)
    time.moveTo(100)
    expect(count).toBe(2)
  })
  test('no delay is the end of the turn; a fraction waits for the next millisecond', async () => {
    const time = new WorldTime(0)
    const ran: string[] = []
    time.wait(0, () => ran.push('now'))
    time.wait(0, () => ran.push('never'))()
    time.wait(0.2, () => ran.push('later'))
    await turns()
    expect(ran).toEqual(['now'])
    time.moveTo(1)
    expect(ran).toEqual(['now', 'later'])
    expect(await until(() => ran.length === 2)).toBe(true)
  })
})

describe('a lossy bus', () => {
  const run = async (seed: number, share?: { lost: number; twice: number; late: number }) => {
    const bus = createLossyBus(seeded(seed), share)
    const heard: number[] = []
    bus.subscribe('t', (text) => heard.push(Number(text)))
    for (let n = 0; n < 400; n++) bus.publish('t', `${n}`)
    await turns()
    await bus.close()
    return heard
  }
  test('loses, repeats and reorders, the same for the same seed', async () => {
    const heard = await run(1)
    expect(new Set(heard).size).toBeLessThan(400)
    expect(new Set(heard).size).toBeGreaterThan(300)
    expect(heard.length).toBeGreaterThan(new Set(heard).size)
    expect(heard).not.toEqual(heard.toSorted((a, b) => a - b))
    expect(await run(1)).toEqual(heard)
    expect(await run(2)).not.toEqual(heard)
  })
  test('does none of it when told so', async () => {
    expect(await run(1, { lost: 0, twice: 0, late: 0 })).toEqual(Array.from({ length: 400 }, (_, n) => n))
  })
})
