/** How a poll behaves, through a whole world. */
import type { BodyOf, UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { poll, votersOf } from './contract.ts'
import feature from './server.ts'

const minute = 60_000
const open = () => startWorld({ features: [message, membership, feature], watching: ['wang', 'li', 'zhao'] })
const ask = (world: World, more: Partial<BodyOf<typeof poll>> = {}) =>
  world.as('li').post(world.groupId, poll, {
    question: '周六几点开课？',
    options: ['九点', '十点', '下午'],
    choicesMax: 1,
    anonymous: false,
    mayChange: true,
    mayAdd: false,
    hideResults: false,
    ...more,
  })
const vote = (world: World, name: string, at: At, ...choices: number[]) =>
  refusalOf(world.as(name).act(at, poll, 'vote', { choices }))
const voters = (world: World, name: string, at: At, option: number) =>
  world.as(name).call(votersOf, { params: at, query: { option } })

describe('voting', () => {
  test('[PL1] [PL2] [PL3] one ballot each; the last counts where it may change', async () => {
    await using world = await open()
    const at = await ask(world, { choicesMax: 2 })
    expect(await vote(world, 'zhao', at, 0, 1)).toBe(null)
    expect(await vote(world, 'zhao', at, 1, 0)).toBe(null)
    expect(await vote(world, 'zhao', at, 2)).toBe(null)
    expect(await vote(world, 'sun', at, 3)).toBe('poll.option')
    expect(await vote(world, 'sun', at, 0, 0)).toBe('poll.option')
    expect(await vote(world, 'sun', at, 0, 1, 2)).toBe('poll.too_many')
    expect(await vote(world, 'zhou', at, 0)).toBe('message.not_found')
    expect(await world.read(at, poll)).toMatchObject({ counts: [0, 0, 1], voterCount: 1 })
    expect(await vote(world, 'zhao', at)).toBe(null)
    expect(await world.read(at, poll)).toMatchObject({ counts: [0, 0, 0], voterCount: 0 })
  })
  test('[PL3] where it may not change, the first ballot stands', async () => {
    await using world = await open()
    const at = await ask(world, { mayChange: false })
    expect(await vote(world, 'zhao', at, 1)).toBe(null)
    expect(await vote(world, 'zhao', at, 1)).toBe(null)
    expect(await vote(world, 'zhao', at, 2)).toBe('poll.fixed')
    expect((await world.read(at, poll)).counts).toEqual([0, 1, 0])
  })
  test('[PL4] five hundred at once are counted exactly', async () => {
    await using world = await open()
    const names = Array.from({ length: 500 }, (_, n) => `voter${n}`)
    for (const name of names) await world.core.putUser(world.as(name).principal.appId, { userId: name as UserId, name })
    const groupId = await world.makeGroup(['wang', ...names], { capacity: 600 })
    const at = await world.as('wang').post(groupId, poll, {
      question: '去哪？',
      options: ['山', '海', '城'],
      choicesMax: 2,
      anonymous: true,
      mayChange: true,
      mayAdd: false,
      hideResults: false,
    })
    const ballots = names.map((_, n) => (n % 5 === 0 ? [0, 2] : [n % 3]))
    await Promise.all(names.map((name, n) => vote(world, name, at, ...(ballots[n] as number[]))))
    const expected = [0, 1, 2].map((option) => ballots.filter((ballot) => ballot.includes(option)).length)
    expect(await world.read(at, poll)).toMatchObject({ counts: expected, voterCount: 500 })
  })
})

describe('who sees what', () => {
  test('[PL5] hidden results are nowhere before the close, and everywhere after', async () => {
    await using world = await open()
    const at = await ask(world, { hideResults: true })
    await vote(world, 'zhao', at, 1)
    const state = await world.read(at, poll)
    expect(state).toEqual({ phase: 'open', options: ['九点', '十点', '下午'], voterCount: 1 })
    expect(await refusalOf(voters(world, 'wang', at, 1))).toBe('poll.hidden')
    await world.as('li').act(at, poll, 'close', {})
    expect((await world.read(at, poll)).counts).toEqual([0, 1, 0])
    expect((await voters(world, 'wang', at, 1)).voters.map((one) => one.userId)).toEqual(['zhao'])
  })
  test('[PL6] an anonymous poll tells nobody, not the owner, not in facts', async () => {
    await using world = await open()
    const at = await ask(world, { anonymous: true })
    await vote(world, 'zhao', at, 1)
    for (const name of ['wang', 'li']) expect(await refusalOf(voters(world, name, at, 1))).toBe('poll.anonymous')
    expect(await world.as('wang').mine(at)).toBe(null)
    const shown = await ask(world)
    for (const name of ['zhao', 'sun', 'he']) {
      await vote(world, name, shown, 0)
      await world.pass(1)
    }
    expect((await voters(world, 'li', shown, 0)).voters.map((one) => one.userId)).toEqual(['zhao', 'sun', 'he'])
    expect(await refusalOf(voters(world, 'li', shown, 7))).toBe('poll.option')
    expect(await refusalOf(voters(world, 'zhou', shown, 0))).toBe('group.not_found')
  })
})

describe('ending and growing', () => {
  test('[PL7] it closes at its time, once; its sender or an admin may close it before', async () => {
    await using world = await open()
    const at = await ask(world, { closesAt: world.time.now() + minute })
    await vote(world, 'zhao', at, 0)
    await world.pass(minute)
    expect(await world.read(at, poll)).toMatchObject({ phase: 'closed', counts: [1, 0, 0] })
    expect(await vote(world, 'sun', at, 0)).toBe('poll.closed')
    const other = await ask(world)
    expect(await refusalOf(world.as('zhao').act(other, poll, 'close', {}))).toBe('group.permission')
    await world.as('he').act(other, poll, 'close', {})
    await world.as('li').act(other, poll, 'close', {})
    expect((await world.read(other, poll)).phase).toBe('closed')
    expect(await refusalOf(ask(world, { closesAt: world.time.now() }))).toBe('poll.time_invalid')
  })
  test('[PL8] members add options where they may, each once, twenty at most', async () => {
    await using world = await open()
    const at = await ask(world, { mayAdd: true })
    const add = (option: string) => refusalOf(world.as('zhao').act(at, poll, 'add', { option }))
    expect(await add('周日')).toBe(null)
    expect(await add(' 周日 ')).toBe('poll.option_exists')
    await vote(world, 'sun', at, 3)
    expect(await world.read(at, poll)).toMatchObject({
      options: ['九点', '十点', '下午', '周日'],
      counts: [0, 0, 0, 1],
    })
    for (let n = 4; n < 20; n++) expect(await add(`选项 ${n}`)).toBe(null)
    expect(await add('再一个')).toBe('poll.options_full')
    expect(await refusalOf(world.as('zhao').act(await ask(world), poll, 'add', { option: '周日' }))).toBe(
      'poll.add_forbidden',
    )
    expect(await refusalOf(ask(world, { options: ['一', '一'] }))).toBe('poll.options_invalid')
  })
})
