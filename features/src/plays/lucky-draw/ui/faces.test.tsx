/** The card in every state for everybody who sees it, the form, and the proof. */
import type { BodyOf, MineOf, StateOf } from '@qun/contract'
import { QunProvider } from '@qun/ui'
import {
  aMember,
  aMessage,
  aView,
  cardFace,
  createFixture,
  fixtureGroupId,
  fixtureMembers,
  fixtureNow,
  formFace,
} from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import type { luckyDraw, OfferedChain } from '../contract.ts'
import { LuckyDrawCard } from './card.tsx'
import { LuckyDrawForm } from './compose.tsx'
import { ProofSheet } from './proof-sheet.tsx'

type Body = BodyOf<typeof luckyDraw>
type State = StateOf<typeof luckyDraw>
const minute = 60_000
const body: Body = {
  title: '谢谢老友',
  prizes: [
    { name: '挂耳一盒', quantity: 1, valueFen: 5_900 },
    { name: '可颂', quantity: 2, valueFen: 1_600 },
  ],
  closesAt: fixtureNow + 30 * minute,
  drawsAt: fixtureNow + 31 * minute,
  organiser: '山茶咖啡',
  contact: '@王店长',
  conditions: '本群成员',
  method: '七天内到店',
  entropy: { mode: 'group' },
}
const open: State = {
  phase: 'open',
  entryCount: 3,
  drawId: 'draw_1',
  commit: 'a'.repeat(64),
  winnerCount: 0,
  winners: [],
}
const winner = (entryNo: number, prize: number, userId: string, name: string) => ({
  entryNo,
  prize,
  userId: userId as never,
  name,
})
const drawn: State = {
  ...open,
  phase: 'drawn',
  winnerCount: 2,
  winners: [winner(2, 0, 'zhao', '赵阿姨'), winner(1, 1, 'li', '小李')],
}

interface Scene {
  readonly body?: Body
  readonly state?: State
  readonly mine?: MineOf<typeof luckyDraw>
  readonly userId?: string
  readonly role?: 'owner' | 'admin' | 'member'
  readonly now?: number
  readonly locale?: 'zh-CN' | 'en'
  readonly badge?: 'staff'
}
function show({
  body: told = body,
  state = open,
  mine,
  userId = 'li',
  role = 'member',
  now = fixtureNow,
  locale = 'zh-CN',
  badge,
}: Scene = {}) {
  const members = new Map(fixtureMembers.map((member) => [member.userId as string, member]))
  if (badge) members.set(userId, aMember(userId, '小李', { badge }))
  const message = aMessage(7, 'wang', 'lucky-draw', told, { state })
  const client = createFixture({ userId, views: [aView([message], { members })], now: () => now })
  const { face, acts } = cardFace(LuckyDrawCard, { client, message, mine, role, locale })
  render(face)
  return { client, acts }
}
const action = (name: string) => screen.queryByRole('button', { name })
afterEach(cleanup)

describe('an open draw', () => {
  it('shows prizes, count and time left, and lets a member enter with a number of their own device', async () => {
    const { acts } = show()
    expect(screen.getByRole('heading', { name: '谢谢老友' })).toBeTruthy()
    expect(screen.getByText('3 人已参与')).toBeTruthy()
    expect(screen.getByText('剩余 30:00')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '参与抽奖' }))
    await waitFor(() =>
      expect(acts).toEqual([{ action: 'enter', input: { nonce: expect.stringMatching(/^[0-9a-f]{32}$/) } }]),
    )
  })
  it('shows one who entered their number instead of the button', () => {
    show({ mine: { entryNo: 12 } })
    expect(screen.getByText('我的号码 12')).toBeTruthy()
    expect(action('参与抽奖')).toBeNull()
  })
  it.each([
    { userId: 'wang', role: 'owner' },
    { userId: 'he', role: 'admin' },
    { userId: 'li', role: 'member', badge: 'staff' },
  ] as const)('does not offer it to $userId ($role)', (scene) => {
    show(scene)
    expect(action('参与抽奖')).toBeNull()
    expect(screen.getByText('等大家来参与')).toBeTruthy()
  })
  it('stops offering it at the closing time, also before the server says closed', () => {
    show({ now: fixtureNow + 30 * minute })
    expect(action('参与抽奖')).toBeNull()
  })
  async function rules(scene: Scene = {}) {
    show(scene)
    const name = scene.locale === 'en' ? 'Prizes and rules' : '奖品与规则'
    fireEvent.click(screen.getByRole('button', { name }))
    const sheet = within(await screen.findByRole('dialog', { name }))
    expect(sheet.queryByRole('button', { name: '取消抽奖' })).toBeNull()
    return (line: string) => sheet.getByText(line, { selector: 'dt' }).nextElementSibling?.textContent
  }
  it('[E-22] [LD8] tells all that was published before anyone entered', async () => {
    const told = await rules()
    expect(told('主办方')).toBe('山茶咖啡')
    expect(told('奖品')).toBe('挂耳一盒 1 份 ¥59.00 · 可颂 2 份 ¥16.00')
    expect(told('数量')).toBe('共 3 份')
    expect(told('中奖概率')).toBe('每人概率相同；现有 3 人参与，每人 100%')
    expect(told('参与时间')).toMatch(/ – /)
    expect(told('开奖时间')).not.toBe('未说明')
    expect(told('参与限制')).toBe('每人参与一次，最多中一份')
    expect(told('条件')).toBe('本群成员')
    expect(told('领奖方式')).toBe('七天内到店')
    expect(told('联系方式')).toBe('@王店长')
  })
  it('[E-22] [LD8] tells the chance as far as it is known, in both languages', async () => {
    const at = async (entryCount: number, more: Partial<Body> = {}) => {
      const told = await rules({ body: { ...body, ...more }, state: { ...open, entryCount }, locale: 'en' })
      const lines = [told('Chance'), told('Limit')]
      cleanup()
      return lines
    }
    const once = 'Each enters once, and wins once at most'
    expect(await at(0)).toEqual(['The same for each chance; nobody has entered yet', once])
    expect(await at(40)).toEqual(['The same for each; 40 people are in, 7.5% each', once])
    const chances = { most: 3, how: 'One for each friend' }
    expect(await at(40, { chances })).toEqual([
      'The same for each chance; 40 people are in',
      `${once} · One for each friend (at most 3 chances a person)`,
    ])
  })
  it('[E-22] [LD8] says of a draw from before there were rules what it has', async () => {
    const { organiser: _o, contact: _c, method: _m, closesAt: _t, ...old } = body
    const told = await rules({ body: old })
    const lines = ['主办方', '联系方式', '领奖方式', '参与时间', '条件'].map(told)
    expect(lines).toEqual(['未说明', '未说明', '未说明', '未说明', '本群成员'])
  })
  it('is cancelled by an admin only with a reason', async () => {
    const { acts } = show({ userId: 'he', role: 'admin' })
    fireEvent.click(screen.getByRole('button', { name: '奖品与规则' }))
    fireEvent.click(
      within(await screen.findByRole('dialog', { name: '奖品与规则' })).getByRole('button', { name: '取消抽奖' }),
    )
    const asking = within(await screen.findByRole('alertdialog', { name: '取消这次抽奖？' }))
    fireEvent.click(asking.getByRole('button', { name: '取消抽奖' }))
    await screen.findByText('请写下原因')
    fireEvent.change(asking.getByLabelText('原因（所有成员可见）'), { target: { value: '奖品卖完了' } })
    fireEvent.click(asking.getByRole('button', { name: '取消抽奖' }))
    await waitFor(() => expect(acts).toEqual([{ action: 'cancel', input: { reason: '奖品卖完了' } }]))
  })
})

describe('after closing', () => {
  it('waits for the draw with a clock', () => {
    show({ state: { ...open, phase: 'closed' }, now: fixtureNow + 30 * minute })
    expect(screen.getByText('已截止，等待开奖')).toBeTruthy()
    expect(screen.getByText(/01:00/)).toBeTruthy()
  })
  it('tells a winner what was won, and everybody who won', () => {
    show({ state: drawn, mine: { entryNo: 1, prize: 1 } })
    expect(screen.getByText('恭喜，你抽中了「可颂」')).toBeTruthy()
    expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      expect.stringContaining('赵阿姨挂耳一盒'),
      expect.stringContaining('小李可颂'),
    ])
  })
  it('thanks one who did not win, and says nothing to one who was not in', () => {
    show({ state: drawn, mine: { entryNo: 3 } })
    expect(screen.getByText('这次没有中，谢谢参与')).toBeTruthy()
    cleanup()
    show({ state: drawn })
    expect(screen.queryByText('这次没有中，谢谢参与')).toBeNull()
    expect(action('验证结果')).toBeTruthy()
  })
  it('says so when nobody entered', () => {
    show({ state: { ...drawn, winnerCount: 0, winners: [], entryCount: 0 } })
    expect(screen.getByText('没有人参与，奖品没有发出')).toBeTruthy()
  })
  it('shows why it was cancelled, and no way in', () => {
    show({ state: { ...open, phase: 'cancelled', cancelled: { reason: '下雨改期', at: fixtureNow } } })
    expect(screen.getByText(/下雨改期/)).toBeTruthy()
    expect(action('参与抽奖')).toBeNull()
  })
  it('speaks English as well', () => {
    show({ state: drawn, mine: { entryNo: 1, prize: 1 }, locale: 'en' })
    expect(screen.getByText('You won: 可颂')).toBeTruthy()
    expect(screen.getByText('2 winners')).toBeTruthy()
  })
})

describe('a draw with public randomness', () => {
  const round = 27_946_612
  const link = `https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971/public/${round}`
  const beaconBody: Body = { ...body, entropy: { mode: 'beacon', chain: 'quicknet', round } }
  it('[LD25] tells before anyone enters which round it will be, and where to look it up', async () => {
    show({ body: beaconBody })
    fireEvent.click(screen.getByRole('button', { name: '奖品与规则' }))
    const sheet = within(await screen.findByRole('dialog', { name: '奖品与规则' }))
    expect(sheet.getByText(`drand（quicknet）第 ${round} 轮`)).toBeTruthy()
    expect(sheet.getByRole('link', { name: '查看这一轮' }).getAttribute('href')).toBe(link)
  })
  it('[LD25] names a round of a host’s own without a link', async () => {
    show({ body: { ...body, entropy: { mode: 'beacon', chain: 'own', round } }, locale: 'en' })
    fireEvent.click(screen.getByRole('button', { name: 'Prizes and rules' }))
    await screen.findByText(`drand (own), round ${round}`)
    expect(screen.queryByRole('link')).toBeNull()
  })
  it('[LD23] says that it waits for its round', () => {
    const state: State = { ...open, phase: 'closed', awaitsBeaconSince: fixtureNow }
    show({ body: beaconBody, state, now: fixtureNow + 40 * minute })
    expect(screen.getByText(/公开随机数暂时取不到/)).toBeTruthy()
    cleanup()
    show({ body: beaconBody, state, locale: 'en' })
    expect(screen.getByText(/cannot be reached at the moment/)).toBeTruthy()
  })
})

describe('the form', () => {
  function compose(chains?: readonly OfferedChain[]) {
    const client = createFixture({ userId: 'wang', views: [aView([])] })
    if (chains) client.answers['draws.beacons'] = () => ({ chains })
    const { face, posted } = formFace(LuckyDrawForm, { client })
    render(face)
    return posted
  }
  const type = (label: string, value: string, at = 0) => {
    const [field] = screen.getAllByLabelText(label).slice(at)
    if (field) fireEvent.change(field, { target: { value } })
  }
  it('publishes a draw with its disclosure filled in', async () => {
    const posted = compose()
    type('抽奖名称', '周五加抽')
    type('奖品名称', '豆子 200 克')
    type('单份价值（元）', '88.5')
    fireEvent.click(screen.getByRole('button', { name: '再加一种奖品' }))
    type('奖品名称', '可颂', 1)
    type('单份价值（元）', '16', 1)
    fireEvent.click(screen.getByRole('button', { name: '发布抽奖' }))
    await waitFor(() => expect(posted).toHaveLength(1))
    expect(posted[0]).toMatchObject({
      title: '周五加抽',
      prizes: [
        { name: '豆子 200 克', quantity: 1, valueFen: 8_850 },
        { name: '可颂', quantity: 1, valueFen: 1_600 },
      ],
      closesAt: fixtureNow + 30 * minute,
    })
  })
  it('[LD22] counts on public randomness where offered, else on the entrants, and says what that means', async () => {
    const chain = { chain: 'quicknet', genesisAt: 1_692_803_367_000, periodMs: 3_000 }
    for (const [chains, mode, words] of [
      [[chain], 'beacon', '截止之后才出现的公开随机数'],
      [[], 'group', '每位参与者的设备'],
    ] as const) {
      const posted = compose(chains)
      const source = screen.getByLabelText<HTMLSelectElement>('随机来源')
      await waitFor(() => expect(source.value).toBe(mode))
      expect(screen.getByText(new RegExp(words))).toBeTruthy()
      expect(screen.queryByRole('option', { name: '公开随机数产生后' }) !== null).toBe(mode === 'beacon')
      type('抽奖名称', '周五加抽')
      type('奖品名称', '豆子 200 克')
      type('单份价值（元）', '88.5')
      fireEvent.click(screen.getByRole('button', { name: '发布抽奖' }))
      await waitFor(() => expect(posted).toMatchObject([{ entropy: { mode } }]))
      cleanup()
    }
  })
  it('publishes nothing half told, and names what is missing', async () => {
    const posted = compose()
    fireEvent.click(screen.getByRole('button', { name: '发布抽奖' }))
    await screen.findByText('请补全标出的内容')
    const title = screen.getByLabelText('抽奖名称')
    expect(title.getAttribute('aria-invalid')).toBe('true')
    expect(document.getElementById(title.getAttribute('aria-describedby') ?? '')?.textContent).toBe('必填')
    expect(posted).toEqual([])
  })
})

describe('the proof', () => {
  const proven = { seed: '0'.repeat(64), commit: 'a'.repeat(64), listHash: 'b'.repeat(64) }
  it('[LD25] shows the public number and where to compare it', async () => {
    const client = createFixture({ userId: 'li', views: [aView([])] })
    const entropy = { mode: 'beacon', chain: 'default', round: 7 }
    const told = { drawId: 'd', ...proven, entropy, beacon: 'c'.repeat(64), entryCount: 0, quantities: [1] }
    client.answers['draws.proof'] = () => ({ proof: { ...told, voided: [], winners: [] }, body: {} })
    client.answers['draws.entries'] = () => ({ drawId: 'd', entries: [], entryCount: 0 })
    render(
      <QunProvider client={client} locale="en">
        <ProofSheet
          open
          onClose={() => {}}
          groupId={fixtureGroupId}
          seq={7}
          commit={proven.commit}
          listHash={undefined}
          prizes={body.prizes}
          own={undefined}
        />
      </QunProvider>,
    )
    const link = await screen.findByRole('link', { name: 'Look up this round' })
    expect(link.getAttribute('href')).toMatch(/^https:\/\/api\.drand\.sh\/8990e7a9[0-9a-f]{56}\/public\/7$/)
    expect(screen.getByText('drand (default), round 7')).toBeTruthy()
    expect(screen.getAllByText('c'.repeat(64)).length).toBeGreaterThan(0)
  })
  it('says plainly when something does not match', async () => {
    const client = createFixture({ userId: 'li', views: [aView([])] })
    client.answers['draws.proof'] = () => ({
      proof: {
        drawId: 'd',
        commit: 'a'.repeat(64),
        seed: '0'.repeat(64),
        listHash: 'b'.repeat(64),
        entropy: { mode: 'none' },
        beacon: '',
        entryCount: 0,
        quantities: [1],
        voided: [],
        winners: [],
      },
      body: {},
    })
    client.answers['draws.entries'] = () => ({ drawId: 'd', entries: [], entryCount: 0 })
    render(
      <QunProvider client={client} locale="zh-CN">
        <ProofSheet
          open
          onClose={() => {}}
          groupId={fixtureGroupId}
          seq={7}
          commit={'a'.repeat(64)}
          listHash={undefined}
          prizes={body.prizes}
          own={undefined}
        />
      </QunProvider>,
    )
    expect(await screen.findByText('有一项对不上，请联系主办方')).toBeTruthy()
    expect(screen.getAllByText(/不一致/).length).toBe(2)
  })
})

describe('a second draw', () => {
  const redrawn: State = {
    ...drawn,
    redraw: { at: fixtureNow, count: 1, winnerCount: 1, winners: [winner(3, 1, 'sun', '孙同学')] },
  }
  it('shows who won then, and tells who was late', () => {
    show({ state: redrawn, mine: { entryNo: 1, prize: 1, isLapsed: true } })
    expect(screen.getByText('1 份无人领取的奖品已补抽')).toBeTruthy()
    expect(screen.getByText('孙同学')).toBeTruthy()
    expect(screen.getByText('未按时领取，奖品已补抽')).toBeTruthy()
    expect(action('我要领奖')).toBeNull()
  })
  it('lets its winner claim, in English too', () => {
    show({ state: redrawn, userId: 'sun', mine: { entryNo: 3, prize: 1, isRedrawn: true }, locale: 'en' })
    expect(screen.getByText('One unclaimed prize was drawn again')).toBeTruthy()
    expect(action('Claim my prize')).toBeTruthy()
  })
})
