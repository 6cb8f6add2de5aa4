/** The card of a check-in in every state, the board, and the form. */
import type { StateOf } from '@qun/contract'
import { aMessage, aView, cardFace, createFixture, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { checkIn, CheckInBody, CheckInMine } from '../contract.ts'
import { localTime } from '../rules.ts'
import { CheckInCard } from './card.tsx'
import { CheckInForm } from './compose.tsx'

const zone = 'Asia/Shanghai'
const dayMs = 86_400_000
const ago = (days: number) => localTime(fixtureNow - days * dayMs, zone).day
const body: CheckInBody = {
  title: '每天读书',
  opens: 0,
  closes: 1_440,
  mode: 'consecutive',
  milestones: [{ days: 7, points: 20 }],
  proof: 'none',
  makeUps: 1,
  leaderboard: true,
}
const state: StateOf<typeof checkIn> = { phase: 'open', today: ago(0), todayCount: 4, memberCount: 9, top: [] }
const keen: CheckInMine = { days: [ago(3), ago(2)], madeUp: [], streak: 0, total: 2, reached: [], makeUpsLeft: 1 }
interface Scene {
  readonly body?: Partial<CheckInBody>
  readonly state?: Partial<StateOf<typeof checkIn>>
  readonly mine?: CheckInMine
  readonly locale?: 'zh-CN' | 'en'
}
function show({ mine, locale = 'zh-CN', ...scene }: Scene = {}) {
  const shown = { ...body, ...scene.body }
  const now = { ...state, ...scene.state }
  const message = aMessage(7, 'wang', 'check-in', shown, { state: now, at: fixtureNow - 9 * dayMs })
  const client = createFixture({ userId: 'li', views: [aView([message])], now: () => fixtureNow })
  client.answers['checkIns.board'] = () => ({ standings: [{ userId: 'zhao', name: '赵阿姨', days: 12 }], more: false })
  const { face, acts } = cardFace(CheckInCard, { client, message, mine, locale })
  render(face)
  return acts
}
afterEach(cleanup)

test('[CI1] one tap checks in; done, it says so', async () => {
  const acts = show()
  expect(screen.getByText('今日 4 人')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: '打卡' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'check', input: {} }]))
  cleanup()
  show({ mine: { ...keen, days: [ago(0)], streak: 1, total: 1 }, locale: 'en' })
  expect(screen.getByText('Done for today')).toBeTruthy()
  expect(screen.getByText('1 in a row')).toBeTruthy()
})
test('[CI4] a missed day is offered while a make-up is left', async () => {
  const acts = show({ mine: keen })
  fireEvent.click(screen.getByRole('button', { name: `补 ${ago(1).slice(5)} 的卡（还剩 1 次）` }))
  await waitFor(() => expect(acts).toEqual([{ action: 'make_up', input: { day: ago(1) } }]))
  cleanup()
  show({ mine: { ...keen, makeUpsLeft: 0 } })
  expect(screen.queryByRole('button', { name: /^补/ })).toBeNull()
})
test('[CI7] the proof it asks for is asked for', async () => {
  const acts = show({ body: { proof: 'text' } })
  fireEvent.click(screen.getByRole('button', { name: '打卡' }))
  const sheet = await screen.findByRole('dialog', { name: '每天读书' })
  fireEvent.click(within(sheet).getByRole('button', { name: '提交打卡' }))
  await within(sheet).findByText('必填')
  fireEvent.change(within(sheet).getByLabelText('写几句今天的记录'), { target: { value: '二十页' } })
  fireEvent.click(within(sheet).getByRole('button', { name: '提交打卡' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'check', input: { text: '二十页' } }]))
})
test('[CI8] [CI9] the board lists who kept at it; over, nothing is asked', async () => {
  show({ state: { phase: 'ended' } })
  expect(screen.queryByRole('button', { name: '打卡' })).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: '排行榜' }))
  const sheet = await screen.findByRole('dialog', { name: '排行榜' })
  await within(sheet).findByText('赵阿姨')
  expect(within(sheet).getByText('共 12 天')).toBeTruthy()
})
test('[CI5] the form makes a programme, and rewards ascend', async () => {
  const client = createFixture({ userId: 'wang', views: [aView([])], now: () => fixtureNow })
  const { face, posted: bodies } = formFace(CheckInForm, { client })
  render(face)
  fireEvent.change(screen.getByLabelText('打卡名称'), { target: { value: '每天读书' } })
  fireEvent.change(screen.getAllByLabelText('天数').at(-1)!, { target: { value: '7' } })
  fireEvent.click(screen.getByRole('button', { name: '发起打卡' }))
  await screen.findByText('天数要比上一档多')
  fireEvent.click(screen.getByRole('button', { name: '删除奖励: 第 2 档' }))
  fireEvent.click(screen.getByRole('button', { name: '发起打卡' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  expect(bodies[0]).toMatchObject({
    title: '每天读书',
    milestones: [{ days: 7, points: 20 }],
    proof: 'none',
    opens: 360,
  })
})
