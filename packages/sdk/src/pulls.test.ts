/** One question at a time, until nothing lacks. */
import { expect, test } from 'vitest'
import { chance, Clock } from '../test/clock.ts'
import { platformOf } from './defaults.ts'
import { Pulls } from './pulls.ts'

const stream = 'group/grp_camellia'
function start() {
  const clock = new Clock()
  const asked: number[] = []
  const state = { lacking: undefined as number | undefined, id: 0, isOnline: true }
  const platform = platformOf({
    url: 'https://chat.example.com',
    token: async () => '',
    now: clock.now,
    wait: clock.wait,
    random: chance(1),
  })
  const pulls = new Pulls(platform, {
    send: (frame) => {
      if (state.isOnline) asked.push(frame.from)
      return state.isOnline
    },
    nextId: () => ++state.id,
    lacking: () => state.lacking,
  })
  return { clock, asked, state, pulls }
}

test('nothing lacks: nothing is asked; something does: once', () => {
  const { asked, state, pulls } = start()
  pulls.taken(stream, {}, true)
  expect(asked).toEqual([])
  state.lacking = 3
  pulls.taken(stream, {}, false)
  pulls.taken(stream, {}, true)
  expect(asked).toEqual([3])
})

test('an answer that is not all: asked again at once if it helped, after a second if it did not', async () => {
  const { clock, asked, state, pulls } = start()
  state.lacking = 3
  pulls.ask(stream)
  state.lacking = 5
  pulls.taken(stream, { id: 1, to: 5 }, true)
  expect(asked).toEqual([3, 5])
  pulls.taken(stream, { id: 2, to: 5 }, false)
  expect(asked).toEqual([3, 5])
  await clock.pass(999)
  expect(asked).toEqual([3, 5])
  await clock.pass(1)
  expect(asked).toEqual([3, 5, 5])
  state.lacking = undefined
  pulls.taken(stream, { id: 3, to: 9, more: true }, true)
  expect(asked).toEqual([3, 5, 5, 9])
  pulls.taken(stream, { id: 4, to: 12 }, true)
  expect(asked).toHaveLength(4)
  expect(clock.waiting).toBe(0)
})

test('a lost answer is asked for again; a lost connection forgets the question', async () => {
  const { clock, asked, state, pulls } = start()
  state.lacking = 1
  pulls.ask(stream)
  await clock.pass(10_000)
  expect(asked).toEqual([1, 1])
  pulls.clear()
  expect(clock.waiting).toBe(0)
  state.isOnline = false
  pulls.ask(stream)
  state.isOnline = true
  pulls.ask(stream)
  expect(asked).toEqual([1, 1, 1])
})

test('a refused question names its stream, and is asked again when told to', async () => {
  const { clock, asked, state, pulls } = start()
  state.lacking = 1
  pulls.ask(stream)
  expect(pulls.refused(99)).toBeUndefined()
  expect(pulls.refused(1)).toBe(stream)
  pulls.retry(stream, 2)
  await clock.pass(2_999)
  expect(asked).toEqual([1])
  await clock.pass(1_001)
  expect(asked).toEqual([1, 1])
})
