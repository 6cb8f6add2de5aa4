/** The packet for everybody who sees it, in every state; the coin, the list, and the form. */
import { QunProvider } from '@qun/ui'
import {
  aMember,
  aMessage,
  aView,
  createFixture,
  fixtureGroupId,
  fixtureMembers,
  fixtureNow,
  formFace,
} from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Claim, PacketBody, PacketMine, PacketState, Voucher } from '../contract.ts'
import { RedPacketCard } from './card.tsx'
import { RedPacketForm } from './compose.tsx'
import { bodyOf, emptyDraft, faultsOf, type PacketDraft } from './draft.ts'
import { tookText } from './texts.ts'

const hour = 3_600_000
const body: PacketBody = { currency: 'points', amount: 1_000, count: 3, split: 'lucky', greeting: '开业大吉' }
const open: PacketState = { phase: 'open', claimedCount: 1, expiresAt: fixtureNow + 20 * hour, commit: 'a'.repeat(64) }
const finished: PacketState = {
  ...open,
  phase: 'finished',
  claimedCount: 3,
  claimedSum: 1_000,
  refunded: 0,
  endedAt: fixtureNow + 12_000 - 60_000 + 7,
  luckiest: { userId: 'zhao' as never, name: '赵阿姨', amount: 520 },
}
const claim = (place: number, userId: string, name: string, amount: number | null): Claim => ({
  place,
  userId: userId as never,
  name,
  avatar: '',
  at: fixtureNow - 1_000 * (10 - place),
  amount,
})
interface Scene {
  readonly body?: Partial<PacketBody>
  readonly state?: PacketState
  readonly mine?: PacketMine
  readonly userId?: string
  readonly locale?: 'zh-CN' | 'en'
  readonly claims?: readonly Claim[]
  readonly seq?: number
  readonly act?: (action: string, input: unknown) => Promise<void>
}
function show(scene: Scene = {}) {
  const { state = open, mine, userId = 'li', locale = 'zh-CN', claims = [], seq = 7 } = scene
  const packet = { ...body, ...scene.body }
  const message = aMessage(seq, 'wang', 'red-packet', packet, { state })
  const members = new Map(fixtureMembers.map((member) => [member.userId as string, member]))
  members.set('sun', aMember('sun', '孙老师'))
  const client = createFixture({ userId, views: [aView([message], { members })] })
  client.answers['redPackets.claims'] = () => ({ claims, claimedCount: claims.length, proof: null })
  const acts: unknown[] = []
  const act = async (action: string, input: unknown) => {
    acts.push({ action, input })
    await scene.act?.(action, input)
  }
  const face = (now: { state: PacketState; mine?: PacketMine | undefined }) => (
    <QunProvider client={client} locale={locale}>
      <RedPacketCard
        body={packet}
        state={now.state}
        mine={now.mine}
        act={act}
        viewer={{ userId, role: 'member' }}
        message={message}
        group={client.open(fixtureGroupId)}
        now={fixtureNow}
        locale={locale}
      />
    </QunProvider>
  )
  const { rerender } = render(face({ state, mine }))
  return { client, acts, change: (now: { state: PacketState; mine?: PacketMine }) => rerender(face(now)) }
}
const packetButton = () => screen.getByRole('button', { name: /开业大吉|Best wishes/ })
const outcome = () => within(screen.getByRole('dialog')).getByRole('status')
const coin = () => screen.getByRole('button', { name: '拆开红包' })
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('the packet in the conversation', () => {
  it.each([
    ['领取红包', {}],
    ['已领取', { mine: { amount: 5, at: 1, place: 1 } }],
    ['已被领完', { state: finished }],
    ['已过期', { state: { ...open, expiresAt: fixtureNow } }],
    ['已过期', { state: { ...open, phase: 'expired' } }],
    ['已撤销', { state: { ...open, phase: 'revoked' } }],
    ['给 孙老师 的专属红包', { body: { recipientId: 'sun' as never } }],
    ['领取红包', { body: { recipientId: 'sun' as never }, userId: 'sun' }],
  ] as const)('says %s', (words, scene) => {
    show(scene)
    expect(within(packetButton()).getByText(words)).toBeTruthy()
  })
  it.each([
    ['拼手气红包', {}],
    ['普通红包', { split: 'equal' }],
    ['专属红包', { recipientId: 'li' as never }],
    ['口令红包', { phraseId: `phr_${'0'.repeat(32)}` }],
    ['口令红包', { phrase: '山茶' }],
  ] as const)('is called %s', (words, part) => {
    show({ body: part })
    expect(screen.getByText(words)).toBeTruthy()
  })
  it('has words of its own in English, and cannot be opened while it is on its way', () => {
    show({ locale: 'en', body: { greeting: '' }, seq: 0, state: { ...open, expiresAt: 0 } })
    expect(packetButton()).toHaveProperty('disabled', true)
    expect(screen.getByText('Lucky packet')).toBeTruthy()
  })
})

describe('opening', () => {
  it('asks the server once, and shows the amount when it has come', async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: true }))
    const { acts, change } = show({ claims: [claim(1, 'li', '小李', 88)] })
    fireEvent.click(packetButton())
    expect(screen.getByText('王店长的红包', { selector: 'bdi' })).toBeTruthy()
    fireEvent.click(coin())
    fireEvent.click(coin())
    await waitFor(() => expect(acts).toEqual([{ action: 'open', input: {} }]))
    change({ state: open, mine: { amount: 88, at: fixtureNow, place: 1 } })
    await waitFor(() => expect(outcome().textContent).toContain('88'))
    expect(screen.queryByRole('button', { name: '拆开红包' })).toBeNull()
    expect(await screen.findByText('88 积分')).toBeTruthy()
  })
  it('keeps the coin turning to its end, also when the answer was faster', async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }))
    const { change } = show()
    fireEvent.click(packetButton())
    fireEvent.click(coin())
    change({ state: open, mine: { amount: 88, at: fixtureNow, place: 1 } })
    await waitFor(() => expect(coin().className).toContain('turning'))
    fireEvent.animationEnd(coin())
    await waitFor(() => expect(outcome().textContent).toContain('88'))
  })
  it('shows why it was refused, and lets one try again', async () => {
    const problem = { title: { 'zh-CN': '口令不对', en: 'Wrong' } }
    const { acts } = show({
      body: { phraseId: `phr_${'0'.repeat(32)}`, hint: '店名' },
      act: () => Promise.reject(Object.assign(new Error('no'), { problem })),
    })
    fireEvent.click(packetButton())
    expect(coin()).toHaveProperty('disabled', true)
    expect(screen.getByText('提示：店名')).toBeTruthy()
    fireEvent.change(screen.getByLabelText('口令'), { target: { value: '山茶' } })
    fireEvent.submit(coin().closest('form') as HTMLFormElement)
    await waitFor(() => expect(acts).toEqual([{ action: 'open', input: { phrase: '山茶' } }]))
    expect(await screen.findByText('口令不对')).toBeTruthy()
    expect(coin()).toHaveProperty('disabled', false)
  })
  it('gets a ticket by opening the view, and uses it', async () => {
    const ticketed = { ...open, ticketed: true }
    const { acts, change } = show({ state: ticketed })
    fireEvent.click(packetButton())
    change({ state: ticketed, mine: { ticket: 't1' } })
    fireEvent.click(coin())
    await waitFor(() =>
      expect(acts).toEqual([
        { action: 'ticket', input: {} },
        { action: 'open', input: { ticket: 't1' } },
      ]),
    )
  })
  it('tells whoever is too late, and whom it is not for', () => {
    show({ state: finished })
    fireEvent.click(packetButton())
    expect(outcome().textContent).toBe('手慢了，红包派完了')
    cleanup()
    show({ body: { recipientId: 'sun' as never } })
    fireEvent.click(packetButton())
    expect(outcome().textContent).toBe('这是给 孙老师 的专属红包')
  })
})

describe('who opened it', () => {
  it('hides amounts from those without one, and crowns the luckiest of a complete packet', async () => {
    show({ body: { recipientId: 'sun' as never }, claims: [claim(1, 'zhao', '赵阿姨', null)] })
    fireEvent.click(packetButton())
    expect(await screen.findByText('领取后可见')).toBeTruthy()
    expect(screen.getByText('已领取 1/3 个，共 1,000 积分')).toBeTruthy()
    cleanup()
    show({ state: finished, claims: [claim(1, 'li', '小李', 300), claim(2, 'zhao', '赵阿姨', 520)] })
    fireEvent.click(packetButton())
    const king = await screen.findByText('手气最佳')
    expect(king.closest('li')?.textContent).toContain('520 积分')
    expect(screen.getByText('3 个红包共 1,000 积分，12 秒被抢光')).toBeTruthy()
  })
  it('says what went back', async () => {
    show({ state: { ...open, phase: 'expired', claimedCount: 1, refunded: 700, claimedSum: 300 }, locale: 'en' })
    fireEvent.click(screen.getByRole('button', { name: /开业大吉/ }))
    expect(await screen.findByText('1 of 3 opened, 700 points returned')).toBeTruthy()
  })
  it('tells how long it lasted', () => {
    expect(['1 秒', '119 秒', '2 分钟', '2 小时']).toEqual(
      [10, 119_000, 120_000, 2 * hour].map((ms) => tookText(ms)['zh-CN']),
    )
  })
})

describe('its sender', () => {
  it('takes it back while nobody has opened it, after a question', async () => {
    const { acts } = show({ userId: 'wang', state: { ...open, claimedCount: 0 } })
    fireEvent.click(packetButton())
    fireEvent.click(screen.getByRole('button', { name: '撤销红包' }))
    const question = await screen.findByRole('alertdialog')
    fireEvent.click(within(question).getByRole('button', { name: '撤销红包' }))
    await waitFor(() => expect(acts).toEqual([{ action: 'revoke', input: {} }]))
  })
  it.each([
    { userId: 'wang', state: open },
    { userId: 'li', state: { ...open, claimedCount: 0 } },
  ] as const)('is not offered it otherwise: $userId', (scene) => {
    show(scene)
    fireEvent.click(packetButton())
    expect(screen.queryByRole('button', { name: '撤销红包' })).toBeNull()
  })
})

describe('a packet of coupons', () => {
  const coupons: Partial<PacketBody> = { currency: 'voucher:cps_1', amount: 3, count: 3, split: 'equal' }
  const unit = '满100减20'
  it('[RP12] names the coupon on the card, when it was opened, and in the list, not an amount of points', async () => {
    const mine: PacketMine = { amount: 1, at: fixtureNow, place: 1 }
    show({ body: coupons, state: { ...open, unit }, mine, claims: [claim(1, 'li', '小李', 1)] })
    expect(screen.getByText('券红包')).toBeTruthy()
    expect(within(packetButton()).getByText('满100减20 券 ×1')).toBeTruthy()
    fireEvent.click(packetButton())
    expect(outcome().textContent).toBe('满100减20 券 ×1已放入你的券包')
    const list = within(await screen.findByRole('region', { name: '领取详情' }))
    expect(await list.findByText('满100减20 券 ×1')).toBeTruthy()
    expect(list.getByText('已领取 1/3 个，共 满100减20 券 ×3')).toBeTruthy()
    expect(screen.queryByText(/积分/)).toBeNull()
  })
  it('[RP12] in English as well, and does not say 券 twice', () => {
    show({ body: { ...coupons, amount: 6 }, state: { ...open, unit: '咖啡券' } })
    expect(within(packetButton()).getByText('咖啡券 ×2')).toBeTruthy()
    cleanup()
    show({ body: coupons, state: { ...open, unit: '20 off' }, locale: 'en' })
    expect(within(packetButton()).getByText('20 off coupon × 1')).toBeTruthy()
  })
  it('[R7] says where it goes when it is taken back', async () => {
    show({ body: coupons, state: { ...open, claimedCount: 0, unit }, userId: 'wang' })
    fireEvent.click(packetButton())
    fireEvent.click(await screen.findByRole('button', { name: '撤销红包' }))
    expect(await screen.findByText('还没有人领取，券会退回库存。')).toBeTruthy()
  })
})

describe('the form', () => {
  const voucher: Voucher = { currency: 'voucher:cps_1', title: '满100减20', left: 5, most: 2 }
  it('[RP13] gives coupons the group offers, whole and to each as many', async () => {
    const { sent, type, send } = showForm(5_000, [voucher])
    fireEvent.change(await screen.findByLabelText('发什么'), { target: { value: voucher.currency } })
    expect(screen.queryByLabelText('拼手气')).toBeNull()
    type('每个几张', '3')
    type('红包个数', '2')
    send()
    expect(await screen.findByText('每人最多 2 张')).toBeTruthy()
    type('每个几张', '2')
    type('红包个数', '3')
    expect(await screen.findByText('只剩 5 张')).toBeTruthy()
    type('红包个数', '2')
    expect(screen.getByText('满100减20 券 ×4')).toBeTruthy()
    send()
    await waitFor(() => expect(sent).toEqual([{ currency: voucher.currency, amount: 4, count: 2, split: 'equal' }]))
  })
  it('[RP13] of coupons asks only who runs the group', async () => {
    const client = createFixture({ userId: 'li', views: [aView([])] })
    let asked = 0
    client.answers['redPackets.vouchers'] = () => ({ vouchers: [voucher].slice(asked++) })
    render(formFace(RedPacketForm, { client }).face)
    await screen.findByLabelText('总积分')
    expect([asked, screen.queryByLabelText('发什么')]).toEqual([0, null])
  })
  function showForm(balance = 5_000, vouchers: readonly Voucher[] = []) {
    const client = createFixture({ userId: 'wang', views: [aView([])] })
    client.answers['redPackets.vouchers'] = () => ({ vouchers })
    client.answers['redPackets.purse'] = () => ({
      purses: [{ currency: 'points', balance }],
      shareMax: 20_000,
      countMax: 100,
    })
    const { face, posted: sent } = formFace(RedPacketForm, { client })
    render(face)
    const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
    return { sent, type, send: () => fireEvent.click(screen.getByRole('button', { name: '塞进红包' })) }
  }
  it('[MER3] says that a friends’ group has no points to send', async () => {
    const client = createFixture({ userId: 'wang', views: [aView([])] })
    client.answers['redPackets.purse'] = () => ({ purses: [], shareMax: 20_000, countMax: 100 })
    client.answers['redPackets.vouchers'] = () => ({ vouchers: [] })
    render(formFace(RedPacketForm, { client }).face)
    expect(await screen.findByText(/好友群里没有可以发的积分/)).toBeTruthy()
    expect(screen.queryByRole('button', { name: '塞进红包' })).toBeNull()
  })
  it('sends a lucky packet, with the balance in sight', async () => {
    const { sent, type, send } = showForm()
    expect(await screen.findByText('余额 5,000 积分')).toBeTruthy()
    type('总积分', '1000')
    type('红包个数', '3')
    fireEvent.click(screen.getByLabelText('更刺激：大小差距更大'))
    type('祝福语', ' 周三快乐 ')
    send()
    await waitFor(() =>
      expect(sent).toEqual([{ currency: 'points', amount: 1_000, count: 3, split: 'exciting', greeting: '周三快乐' }]),
    )
  })
  it('sends an exclusive one to a member other than oneself', async () => {
    const { sent, type, send } = showForm()
    fireEvent.click(screen.getByLabelText('专属'))
    expect(screen.queryByRole('option', { name: '王店长' })).toBeNull()
    type('积分', '88')
    send()
    expect((await screen.findAllByText('选择群成员')).length).toBe(2)
    type('发给谁', 'sun')
    send()
    await waitFor(() =>
      expect(sent).toEqual([{ currency: 'points', amount: 88, count: 1, split: 'equal', recipientId: 'sun' }]),
    )
  })
  it('says what is wrong before the server must', () => {
    const bounds = { balance: 5_000, shareMax: 2_000, memberCount: 5 }
    const draft = (change: Partial<PacketDraft>): PacketDraft => ({
      ...emptyDraft,
      amount: '100',
      count: '3',
      ...change,
    })
    const faults = (change: Partial<PacketDraft>) => Object.keys(faultsOf(draft(change), bounds))
    expect(faults({})).toEqual([])
    expect(faults({ amount: '2' })).toEqual(['amount'])
    expect(faults({ amount: '6001' })).toEqual(['amount'])
    expect(faults({ amount: '5001' })).toEqual(['amount'])
    expect(faults({ amount: '1e3' })).toEqual(['amount'])
    expect(faults({ count: '6' })).toEqual(['count'])
    expect(faults({ kind: 'equal', amount: '2001' })).toEqual(['amount'])
    expect(faults({ kind: 'passphrase', phrase: ' ' })).toEqual(['phrase'])
    expect(bodyOf(draft({ kind: 'equal' }))).toMatchObject({ amount: 300, split: 'equal' })
    expect(bodyOf(draft({ kind: 'passphrase', phrase: ' 山茶 ', hint: '店名' }))).toMatchObject({
      phrase: '山茶',
      hint: '店名',
      split: 'lucky',
    })
  })
})
