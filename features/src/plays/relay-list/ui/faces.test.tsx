/** The card of a relay list, the form of a line, what its starter may do, and the form of a list. */
import type { StateOf } from '@qun/contract'
import { aMessage, aView, cardFace, createFixture, fixtureNow, formFace } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { OrderSum, relayList, RelayBody, RelayMine } from '../contract.ts'
import { RelayListCard } from './card.tsx'
import { RelayListForm } from './compose.tsx'

const body: RelayBody = {
  title: '周六面包',
  fields: [
    { name: '几个', kind: 'number', required: true, min: 1, max: 9 },
    { name: '口味', kind: 'select', required: false, options: [{ name: '原味', capacity: 2 }, { name: '核桃' }] },
  ],
  capacity: 20,
  perMember: 1,
  editing: 'own',
  anonymousAmounts: false,
}
const line = (no: number, userId: string, name: string, more: object = {}) => ({
  ...{ no, userId: userId as never, name, values: [no, 0], version: 1, withdrawn: false },
  ...more,
})
const state: StateOf<typeof relayList> = {
  phase: 'open',
  lineCount: 2,
  lastNo: 3,
  lines: [line(1, 'zhao', '赵阿姨'), line(2, 'sun', '孙老师', { withdrawn: true }), line(3, 'li', '小李')],
  chosen: [[], [2, 0]],
}
const own: RelayMine = { lines: [{ no: 3, values: [3, 0], version: 1 }] }
function show(
  viewer: { id: string; role: 'owner' | 'member' },
  more: { mine?: RelayMine; state?: object; sum?: OrderSum } = {},
) {
  const now = { ...state, ...more.state }
  const message = aMessage(7, 'wang', 'relay-list', body, { state: now })
  const client = createFixture({ userId: viewer.id, views: [aView([message])], now: () => fixtureNow })
  client.answers['relayLists.orderSum'] = () => more.sum
  const { face, acts } = cardFace(RelayListCard, { client, message, mine: more.mine, role: viewer.role })
  render(face)
  return acts
}
const member = { id: 'he', role: 'member' } as const
afterEach(cleanup)

test('[RL1] [RL4] lines stand with their numbers, withdrawn ones struck, and the room that is left', () => {
  show(member)
  const items = screen.getAllByRole('listitem')
  expect(items.map((item) => item.textContent)).toEqual(['1.赵阿姨1 · 原味', '2.孙老师已撤回', '3.小李3 · 原味'])
  expect(screen.getByText('还剩 18 个名额')).toBeTruthy()
})
test('[RL6] a line is asked field by field, and sent as its values', async () => {
  const acts = show(member)
  fireEvent.click(screen.getByRole('button', { name: '我要接龙' }))
  const sheet = await screen.findByRole('dialog', { name: '周六面包' })
  fireEvent.change(within(sheet).getByLabelText('几个'), { target: { value: '12' } })
  fireEvent.click(within(sheet).getByRole('button', { name: '我要接龙' }))
  await within(sheet).findByText('请填写整数')
  fireEvent.change(within(sheet).getByLabelText('几个'), { target: { value: '2' } })
  expect(within(sheet).getByRole('option', { name: '原味（剩 0）' })).toBeTruthy()
  fireEvent.change(within(sheet).getByLabelText('口味'), { target: { value: '1' } })
  fireEvent.click(within(sheet).getByRole('button', { name: '我要接龙' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'join', input: { values: [2, 1] } }]))
})
test('[RL3] [RL5] one’s own line is changed with its version, or withdrawn', async () => {
  const acts = show({ id: 'li', role: 'member' }, { mine: own })
  expect(screen.queryByRole('button', { name: '我要接龙' })).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: '修改第 3 行' }))
  const sheet = await screen.findByRole('dialog', { name: '周六面包' })
  expect(within(sheet).getByDisplayValue('3')).toBeTruthy()
  fireEvent.click(within(sheet).getByRole('button', { name: '撤回这一行' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'withdraw', input: { no: 3, version: 1 } }]))
})
test('[RL7] [RL8] who runs it pastes a list, sees what cannot be read, and closes it', async () => {
  const acts = show({ id: 'wang', role: 'owner' })
  fireEvent.click(screen.getByRole('button', { name: '管理' }))
  const sheet = await screen.findByRole('dialog', { name: '管理' })
  fireEvent.change(within(sheet).getByLabelText('粘贴导入'), { target: { value: '标题\n1. 小林 x2' } })
  expect(within(sheet).getByText('读不懂的行: 1')).toBeTruthy()
  fireEvent.click(within(sheet).getByRole('button', { name: '导入' }))
  await waitFor(() => expect(acts).toHaveLength(1))
  fireEvent.click(within(sheet).getByRole('button', { name: '截止接龙' }))
  await waitFor(() => expect(acts.at(-1)).toEqual({ action: 'close', input: {} }))
  cleanup()
  show(member, { state: { phase: 'ordered' } })
  expect(screen.getByText('已生成订单')).toBeTruthy()
  expect(screen.queryByRole('button', { name: '我要接龙' })).toBeNull()
})
const runs = { id: 'wang', role: 'owner' } as const
async function askOrders() {
  fireEvent.click(screen.getByRole('button', { name: '管理' }))
  const sheet = await screen.findByRole('dialog', { name: '管理' })
  fireEvent.click(within(sheet).getByRole('button', { name: '生成订单' }))
  return screen.findByRole('alertdialog')
}
test('[RL10] the question says what orders come to, and what was confirmed is made', async () => {
  const sum = { lineCount: 2, quantity: 4, amountFen: 7_200 }
  const acts = show(runs, { sum })
  const ask = await askOrders()
  expect(ask.textContent).toContain('2 行接龙将生成 2 份订单，共 4 件，合计 ¥72.00。')
  expect(ask.textContent).toContain('接龙锁定')
  fireEvent.click(within(ask).getByRole('button', { name: '生成订单' }))
  await waitFor(() => expect(acts).toEqual([{ action: 'order', input: { lineCount: 2, quantity: 4 } }]))
})
test('[RL8] [RL10] once orders were made, card and sheet say so, and nothing is left to change', async () => {
  show(runs, { mine: own, state: { phase: 'ordered' } })
  expect(screen.getByText('已生成订单')).toBeTruthy()
  expect(screen.queryByRole('button', { name: '修改第 3 行' })).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: '管理' }))
  const sheet = await screen.findByRole('dialog', { name: '管理' })
  expect(within(sheet).getByText('已按 2 行生成订单，接龙已锁定')).toBeTruthy()
  for (const name of ['生成订单', '截止接龙', '导入']) {
    expect(within(sheet).queryByRole('button', { name })).toBeNull()
  }
  cleanup()
  show(runs, { state: { lineCount: 0 } })
  fireEvent.click(screen.getByRole('button', { name: '管理' }))
  const empty = await screen.findByRole('dialog', { name: '管理' })
  expect(within(empty).getByRole<HTMLButtonElement>('button', { name: '生成订单' }).disabled).toBe(true)
})
test('[RL6] the form makes a list of the fields one names', async () => {
  const client = createFixture({ userId: 'li', views: [aView([])], now: () => fixtureNow })
  const { face, posted: bodies } = formFace(RelayListForm, { client })
  render(face)
  fireEvent.click(screen.getByRole('button', { name: '添加项目' }))
  fireEvent.click(screen.getByRole('button', { name: '发起接龙' }))
  expect(await screen.findAllByText('必填')).toHaveLength(2)
  fireEvent.change(screen.getByLabelText('接龙标题'), { target: { value: '周六面包' } })
  const second = screen.getByRole('group', { name: '项目 2' })
  fireEvent.change(within(second).getByLabelText('名称'), { target: { value: '口味' } })
  fireEvent.change(within(second).getByLabelText('类型'), { target: { value: 'select' } })
  fireEvent.change(within(second).getByLabelText(/^选项/), { target: { value: '原味、核桃' } })
  fireEvent.click(screen.getByRole('button', { name: '发起接龙' }))
  await waitFor(() => expect(bodies).toHaveLength(1))
  expect(bodies[0]).toMatchObject({
    title: '周六面包',
    fields: [
      { name: '数量', kind: 'number' },
      { name: '口味', kind: 'select', options: [{ name: '原味' }, { name: '核桃' }] },
    ],
  })
})
