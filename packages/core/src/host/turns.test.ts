/** Work in turns: how much at once, whose turn it is, and who is told to come back. */
import type { AppId, UserId } from '@qun/contract'
import { refusalOf } from '@qun/testing'
import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const limits = { atOnce: 2, waitingMax: 8, waitingPerPersonMax: 3, retryAfterMs: 1_000 }
/** Work that ends when it is told to, and what began. */
function bench(turns: Turns) {
  const began: string[] = []
  const ends: (() => void)[] = []
  const ask = (who: string) =>
    turns.run(who[0] as AppId, who as UserId, () => {
      began.push(who)
      return new Promise<void>((resolve) => void ends.push(resolve))
    })
  const end = async () => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { began, ask, end }
}

test('[PREP2] at most so many run at once, apps and people in turns', async () => {
  const turns = new Turns(limits)
  const { began, ask, end } = bench(turns)
  const all = ['a1', 'a1', 'a1', 'a1', 'a2', 'b1', 'b1'].map(ask)
  expect([began.length, turns.running, turns.waiting]).toEqual([2, 2, 5])
  for (let n = 0; n < 7; n++) {
    await end()
    expect(turns.running).toBeLessThanOrEqual(2)
  }
  await Promise.all(all)
  expect(began).toEqual(['a1', 'a1', 'a1', 'b1', 'a2', 'b1', 'a1'])
  expect([turns.running, turns.waiting]).toEqual([0, 0])
})
test('[PREP2] who has too much waiting, an app with half of it all, and everybody beyond it, come back later', async () => {
  const turns = new Turns(limits)
  const { ask, end } = bench(turns)
  const taken = ['a1', 'a1', 'a1', 'a1', 'a1'].map(ask)
  expect(await refusalOf(ask('a1'))).toBe('server.overloaded')
  taken.push(ask('a2'))
  expect(await refusalOf(ask('a3'))).toBe('server.overloaded')
  taken.push(...['b1', 'b1', 'c1', 'c2'].map(ask))
  expect(await refusalOf(ask('d1'))).toBe('server.overloaded')
  for (let n = 0; n < 10; n++) await end()
  await Promise.all(taken)
  expect([turns.running, turns.waiting]).toEqual([0, 0])
})
test('[PREP2] work that fails gives its place on', async () => {
  const turns = new Turns({ ...limits, atOnce: 1 })
  const fail = () => turns.run('a' as AppId, 'a1' as UserId, () => Promise.reject(new Error('no')))
  await expect(Promise.all([fail(), fail()])).rejects.toThrow('no')
  await expect(turns.run('a' as AppId, 'a1' as UserId, async () => 'yes')).resolves.toBe('yes')
})
