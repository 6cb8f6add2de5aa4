/** The wallet of points as a member sees it: the line, the sheet, its pages, and what is told when it fails. */
import { QunProvider } from '@qun/ui'
import { aView, createFixture, fixtureGroupId, fixtureNow, type FixtureClient } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import type { StatementEntry } from '../contract.ts'
import { sections } from './index.tsx'

const entry = (entryNo: number, more: Partial<StatementEntry> = {}): StatementEntry => ({
  ...{ entryNo, amount: 80, balanceAfter: 1_280, reason: 'red-packet.open', at: fixtureNow - 60_000 },
  title: { 'zh-CN': '领取红包', en: 'Red packet opened' },
  ...more,
})
const wallet = {
  balance: 1_280,
  lots: [{ expiresAt: fixtureNow + 30 * 86_400_000, amount: 200 }],
  programme: 'camellia',
}
/** A merchant's group. */
const shopView = () => aView([], { group: { ...aView([]).group!, merchantPath: ['camellia'] } })

function show(answers: FixtureClient['answers'], locale: 'zh-CN' | 'en' = 'zh-CN', view = shopView()) {
  const client = createFixture({ userId: 'li', views: [view] })
  Object.assign(client.answers, { 'points.wallets': () => ({ wallets: [] }), ...answers })
  const group = client.open(fixtureGroupId)
  render(
    <QunProvider client={client} locale={locale}>
      {sections.map(({ name, Section }) => (
        <Section key={name} group={group} view={view} viewer={{ userId: 'li', role: 'member' }} client={client} />
      ))}
    </QunProvider>,
  )
  return client
}
const open = async (name: RegExp) => {
  fireEvent.click(await screen.findByRole('button', { name }))
  return within(await screen.findByRole('dialog'))
}
afterEach(cleanup)

describe('the wallet', () => {
  it.each([
    [
      'zh-CN',
      /^我的积分\s*1,280$/,
      ['可用积分', '领取红包', '+80', '−30', '余额 1,280', '积分明细', /^200 积分将于2026年4月3日过期$/],
    ],
    [
      'en',
      /^My points\s*1,280$/,
      [
        'Points to use',
        'Red packet opened',
        '+80',
        '−30',
        'Balance 1,280',
        'Statement',
        /^200 points expire on April 3, 2026$/,
      ],
    ],
  ] as const)('in %s shows the balance, what lapses and what moved', async (locale, name, texts) => {
    const entries = [
      entry(2),
      entry(1, { amount: -30, balanceAfter: 1_200, title: { 'zh-CN': '兑换', en: 'Exchanged' } }),
    ]
    show({ 'points.mine': () => wallet, 'points.statement': () => ({ entries, more: false }) }, locale)
    const sheet = await open(name)
    for (const told of texts) expect(await sheet.findByText(told)).toBeTruthy()
    expect(sheet.queryByRole('button', { name: /加载更多|Load more/ })).toBeNull()
  })
  it('loads the next page after the last line it has', async () => {
    const asked: unknown[] = []
    show({
      'points.mine': () => wallet,
      'points.statement': (input) => {
        asked.push((input as { query: unknown }).query)
        return asked.length === 1 ? { entries: [entry(9), entry(8)], more: true } : { entries: [entry(7)], more: false }
      },
    })
    const sheet = await open(/^我的积分/)
    fireEvent.click(await sheet.findByRole('button', { name: '加载更多' }))
    await waitFor(() => expect(sheet.getAllByRole('listitem').length).toBe(1 + 3))
    expect(asked).toEqual([{}, { before: 8 }])
    expect(sheet.queryByRole('button', { name: '加载更多' })).toBeNull()
  })
  it('says that nothing moved yet, and offers another try when it fails', async () => {
    let tries = 0
    show({
      'points.mine': () => ({ ...wallet, balance: 0, lots: [] }),
      'points.statement': () => {
        tries += 1
        if (tries === 1) throw new Error('away')
        return { entries: [], more: false }
      },
    })
    const sheet = await open(/^我的积分/)
    expect(await sheet.findByText('没有加载出来')).toBeTruthy()
    fireEvent.click(sheet.getByRole('button', { name: '重试' }))
    expect(await sheet.findByText('还没有积分变动')).toBeTruthy()
    expect(sheet.queryByText('没有加载出来')).toBeNull()
  })
  it('[MER3] [PO9] shows beside it what one has with other shops, by name', async () => {
    show({
      'points.mine': () => wallet,
      'points.statement': () => ({ entries: [], more: false }),
      'points.wallets': () => ({
        wallets: [
          { programme: 'camellia', names: ['山茶咖啡'], balance: 1_280 },
          { programme: 'brew', names: ['手冲课堂', '手冲二店'], balance: 75 },
        ],
      }),
    })
    const sheet = await open(/^我的积分/)
    expect(await sheet.findByText('手冲课堂、手冲二店')).toBeTruthy()
    expect(sheet.getByText('75')).toBeTruthy()
    expect(sheet.queryByText('山茶咖啡')).toBeNull()
  })
  it('[MER3] is not drawn in a friends’ group, which has no points', () => {
    const client = show({ 'points.mine': () => wallet }, 'zh-CN', aView([]))
    expect(screen.queryByRole('button')).toBeNull()
    expect(client.calls).toEqual([])
  })
  it('is not drawn once one is no member any more', () => {
    const client = show(
      { 'points.mine': () => wallet },
      'zh-CN',
      aView([], { gone: { code: 'group.not_found', status: 404, retry: 'never' } as never }),
    )
    expect(screen.queryByRole('button')).toBeNull()
    expect(client.calls).toEqual([])
  })
})
