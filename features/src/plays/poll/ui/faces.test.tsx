/** The card of a poll in every state, who voted, and the form. */
import type { BodyOf, MineOf, StateOf } from '@qun/contract'
import { aMessage, aView, cardFace, createFixture, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { poll } from '../contract.ts'
import { PollCard } from './card.tsx'
import { PollForm } from './compose.tsx'

type Body = BodyOf<typeof poll>
const body: Body = {
  question: '周六几点开课？',
  options: ['九点', '十点', '下午'],
  choicesMax: 1,
  anonymous: false,
  mayChange: true,
  mayAdd: false,
  hideResults: false,
}
const state: StateOf<typeof poll> = { phase: 'open', options: body.options, counts: [1, 3, 0], voterCount: 4 }
interface Scene {
  readonly body?: Partial<Body>
  readonly state?: Partial<StateOf<typeof poll>>
  readonly mine?: MineOf<typeof poll>
  readonly viewer?: string
  readonly locale?: 'zh-CN' | 'en'
}
function show({ mine, viewer = 'li', locale = 'zh-CN', ...scene }: Scene = {}) {
  const shown = { ...body, ...scene.body }
  const now = { ...state, ...scene.state }
  const message = aMessage(7, 'zhao', 'poll', shown, { state: now })
  const client = createFixture({ userId: viewer, views: [aView([message])], now: () => fixtureNow })
  client.answers['polls.voters'] = () => ({ voters: [{ userId: 'sun', name: '孙老师', avatar: '' }], more: false })
  const { face, acts } = cardFace(PollCard, { client, message, mine, locale })
  render(face)
  return acts
}
afterEach(cleanup)

test('[PL1] [PL4] a tap votes, bars tell the shares', async () => {
  const acts = show()
  expect(screen.getByText('4 人已投')).toBeTruthy()
  expect(screen.getByRole('button', { name: '投票的人: 十点, 3 票，75%' })).toBeTruthy()
  fireEvent.click(screen.getByRole('radio', { name: '十点' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'vote', input: { choices: [1] } }]))
})
test('[PL2] several are chosen first and sent together', async () => {
  const acts = show({ body: { choicesMax: 2 }, locale: 'en' })
  for (const name of ['九点', '下午']) fireEvent.click(screen.getByRole('checkbox', { name }))
  fireEvent.click(screen.getByRole('button', { name: 'Vote' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'vote', input: { choices: [0, 2] } }]))
})
test('[PL3] where votes stand, one’s own is marked and nothing else happens', () => {
  const acts = show({ body: { mayChange: false }, mine: { choices: [1] } })
  expect(screen.getByRole('radio', { name: '十点' }).getAttribute('aria-checked')).toBe('true')
  fireEvent.click(screen.getByRole('radio', { name: '九点' }))
  expect(acts).toEqual([])
})
test('[PL5] hidden results are not drawn', () => {
  const { counts: _, ...hidden } = state
  show({ body: { hideResults: true }, state: { ...hidden, counts: undefined as never } })
  expect(screen.getByText('结束后公布结果')).toBeTruthy()
  expect(screen.queryByText('75%')).toBeNull()
})
test('[PL6] an open poll shows who voted; an anonymous one has nothing to show', async () => {
  show()
  fireEvent.click(screen.getByRole('button', { name: /^投票的人: 十点/ }))
  const sheet = await screen.findByRole('dialog', { name: '十点' })
  await within(sheet).findByText('孙老师')
  cleanup()
  show({ body: { anonymous: true } })
  expect(screen.queryByRole('button', { name: /投票的人/ })).toBeNull()
})
test('[PL7] who asked may close it; closed, it steps back', async () => {
  const acts = show({ viewer: 'zhao' })
  fireEvent.click(screen.getByRole('button', { name: '结束投票' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'close', input: {} }]))
  cleanup()
  show({ state: { phase: 'closed' }, viewer: 'zhao' })
  expect(screen.queryByRole('button', { name: '结束投票' })).toBeNull()
  expect(screen.getByText('已结束')).toBeTruthy()
})
test('[PL8] options are added where the poll lets one', async () => {
  const acts = show({ body: { mayAdd: true } })
  fireEvent.change(screen.getByLabelText('添加选项'), { target: { value: '周日' } })
  fireEvent.click(screen.getByRole('button', { name: '添加' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'add', input: { option: '周日' } }]))
})
test('[PL1] the form marks what is missing and makes a poll of the rest', async () => {
  const client = createFixture({ userId: 'li', views: [aView([])], now: () => fixtureNow })
  const { face, posted: bodies } = formFace(PollForm, { client })
  render(face)
  fireEvent.click(screen.getByRole('button', { name: '发起投票' }))
  expect(await screen.findAllByText('必填')).toHaveLength(3)
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
  type('问题', '几点？')
  type('选项 1', '九点')
  type('选项 2', '九点')
  await screen.findByText('选项重复')
  type('选项 2', '十点')
  fireEvent.click(screen.getByRole('switch', { name: '匿名投票' }))
  fireEvent.click(screen.getByRole('button', { name: '发起投票' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  expect(bodies[0]).toMatchObject({ question: '几点？', options: ['九点', '十点'], anonymous: true, choicesMax: 1 })
})
