/** Being invited after an order, the page before joining with each of its outcomes, and join links. */
import { invitationRefusals } from '../contract.ts'
import type { RecordRow } from '@qun/contract'
import { QunProvider } from '@qun/ui'
import {
  aView,
  createFixture,
  fixtureGroupId,
  fixtureMembers,
  fixtureNow,
  settable,
  type FixtureClient,
} from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import { InvitationOffers, InviteAddress, JoinPage, OfferBanner, sections } from './index.tsx'

const offerId = `ofr_${'0'.repeat(24)}`
const faces = fixtureMembers.map(({ name, avatar }) => ({ name, avatar }))
function offerRow(more: object = {}): RecordRow {
  const body = {
    offerId,
    groupId: fixtureGroupId,
    groupName: '老友群',
    avatar: '',
    faces,
    memberCount: 13,
    orderId: 'ord_1',
    shopName: '山茶咖啡',
    message: '来坐坐？',
    items: [{ title: '古吉 日晒' }],
    expiresAt: fixtureNow + 1_000,
    ...more,
  }
  return { row: 'record', kind: 'invitation-offer', key: offerId, version: 1, body }
}
function show(face: ReactNode, rows: readonly RecordRow[] = [], locale: 'zh-CN' | 'en' = 'zh-CN') {
  const client = createFixture({ userId: 'li', views: [aView([])] })
  const records = settable<ReadonlyMap<string, RecordRow>>(new Map(rows.map((row) => [`${row.kind}/${row.key}`, row])))
  const whole: FixtureClient = { ...client, records }
  render(
    <QunProvider client={whole} locale={locale}>
      {face}
    </QunProvider>,
  )
  return { client, records }
}
const names = (client: FixtureClient) => client.calls.map((call) => call.name)
afterEach(cleanup)

describe('after an order', () => {
  it('rises by itself and joins', async () => {
    const joined: string[] = []
    const { client } = show(<InvitationOffers onJoined={(groupId) => joined.push(groupId)} />, [offerRow()])
    client.answers['offers.accept'] = () => ({ groupId: fixtureGroupId, joined: true })
    const sheet = within(await screen.findByRole('dialog', { name: '山茶咖啡 邀请你' }))
    for (const told of ['老友群', '13 位成员', '古吉 日晒', '来坐坐？']) expect(sheet.getByText(told)).toBeTruthy()
    fireEvent.click(sheet.getByRole('button', { name: '加入群聊' }))
    await waitFor(() => expect(joined).toEqual([fixtureGroupId]))
  })
  it.each([
    ['以后再说', {}],
    ['以后不再询问', { never: true }],
  ])('%s is told to the server', async (name, body) => {
    const { client } = show(<InvitationOffers onJoined={() => {}} />, [offerRow()])
    fireEvent.click(await screen.findByRole('button', { name }))
    await waitFor(() =>
      expect(client.calls).toEqual([{ name: 'offers.dismiss', input: { params: { offerId }, body } }]),
    )
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  })
  it('does not rise again after being put away, but waits in a line that opens it', async () => {
    const { client } = show(
      <>
        <InvitationOffers onJoined={() => {}} />
        <OfferBanner onJoined={() => {}} />
      </>,
      [offerRow()],
    )
    fireEvent.click(await screen.findByRole('button', { name: '关闭' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(names(client)).toEqual([])
    fireEvent.click(screen.getByRole('button', { name: /老友群/ }))
    expect(await screen.findByRole('dialog', { name: '山茶咖啡 邀请你' })).toBeTruthy()
  })
  it('shows nothing once it ended, or was withdrawn', () => {
    show(<InvitationOffers onJoined={() => {}} />, [offerRow({ expiresAt: fixtureNow })])
    show(<InvitationOffers onJoined={() => {}} />, [{ ...offerRow(), body: null }])
    expect(screen.queryByRole('dialog')).toBeNull()
  })
})

const preview = {
  outcome: 'ok',
  group: { groupId: fixtureGroupId, name: '老友群', avatar: '', description: '广告不可以', memberCount: 13, faces },
  inviter: { name: '王店长', avatar: '' },
  expiresAt: null,
}
const refusalOf = (code: string) => () => {
  throw Object.assign(new Error(code), { problem: { code, status: 410, retry: 'never', title: code } })
}
describe('the page before joining', () => {
  function open(answer: () => unknown, accept: () => unknown = () => ({ groupId: fixtureGroupId, joined: true })) {
    const joined: string[] = []
    const client = createFixture({ userId: 'zhou', views: [] })
    client.answers['invites.preview'] = answer
    client.answers['invites.accept'] = accept
    render(
      <QunProvider client={client} locale="zh-CN">
        <JoinPage code="c0de" onJoined={(id) => joined.push(id)} onBack={() => {}} />
      </QunProvider>,
    )
    return { client, joined }
  }
  it('tells who invites, who is here and the rules; opening it joins nobody', async () => {
    const { client } = open(() => preview)
    for (const told of ['王店长 邀请你加入', '老友群', '13 位成员', '广告不可以'])
      expect(await screen.findByText(told)).toBeTruthy()
    expect(names(client)).toEqual(['invites.preview'])
  })
  it('joins', async () => {
    const { joined } = open(() => preview)
    fireEvent.click(await screen.findByRole('button', { name: '加入群聊' }))
    await waitFor(() => expect(joined).toEqual([fixtureGroupId]))
  })
  it('leads somebody who is in the group inside', async () => {
    open(() => ({ ...preview, outcome: 'already_member' }))
    expect(await screen.findByRole('button', { name: '进入群聊' })).toBeTruthy()
  })
  it('says each way a link can fail in words of its own', async () => {
    const codes = [
      ...Object.keys(invitationRefusals).filter((code) => code.startsWith('invite.') && !/limit|life/.test(code)),
      'group.dissolved',
      'group.full',
      'member.blacklisted',
    ]
    const told = new Set<string>()
    for (const code of codes) {
      open(refusalOf(code))
      told.add((await screen.findByRole('alert')).textContent)
      cleanup()
    }
    expect(told.size).toBe(codes.length)
    expect([...told].some((words) => words.includes('没有打开'))).toBe(false)
  })
  it('says so when the link ran out between looking and joining', async () => {
    open(() => preview, refusalOf('invite.exhausted'))
    fireEvent.click(await screen.findByRole('button', { name: '加入群聊' }))
    expect((await screen.findByRole('alert')).textContent).toBe('邀请名额已用完')
  })
  it('offers another try when nobody knows why', async () => {
    let tries = 0
    open(() => (tries++ === 0 ? refusalOf('store.unavailable')() : preview))
    fireEvent.click(await screen.findByRole('button', { name: '再试一次' }))
    expect(await screen.findByText('老友群')).toBeTruthy()
  })
})

describe('join links', () => {
  const link = (more: object = {}) => ({
    linkId: `lnk_${'1'.repeat(24)}`,
    label: '门口海报',
    byId: 'wang',
    createdAt: fixtureNow,
    expiresAt: fixtureNow + 86_400_000,
    maxUses: 10,
    uses: 3,
    revokedAt: null,
    source: '',
    ...more,
  })
  function open(role: 'owner' | 'member', links: readonly object[]) {
    const client = createFixture({ userId: 'wang', views: [aView([])] })
    client.answers['joinLinks.list'] = () => ({ links })
    client.answers['joinLinks.create'] = () => ({ link: link(), code: 'secret-code' })
    const group = client.open(fixtureGroupId)
    render(
      <InviteAddress value={(code) => `https://shop.example/?invite=${code}`}>
        <QunProvider client={client} locale="zh-CN">
          {sections.map(({ name, Section }) => (
            <Section key={name} group={group} view={group.get()} viewer={{ userId: 'wang', role }} client={client} />
          ))}
        </QunProvider>
      </InviteAddress>,
    )
    fireEvent.click(screen.getByRole('button', { name: '生成入群链接和二维码' }))
    return client
  }
  it('makes one and shows it with its QR code, once', async () => {
    const client = open('member', [])
    fireEvent.click(await screen.findByRole('button', { name: '生成' }))
    expect(await screen.findByText('https://shop.example/?invite=secret-code')).toBeTruthy()
    expect(await screen.findByRole('img', { name: '入群二维码' })).toBeTruthy()
    expect(client.calls.find((call) => call.name === 'joinLinks.create')?.input).toEqual({
      params: { groupId: fixtureGroupId },
      body: { lifeMs: 7 * 86_400_000, maxUses: null },
    })
  })
  it.each([
    ['owner', true],
    ['member', false],
  ] as const)('offers %s a link without an end: %s', async (role, may) => {
    open(role, [])
    await screen.findByLabelText('有效期')
    expect(screen.queryByRole('option', { name: '一直有效' }) !== null).toBe(may)
  })
  it('tells uses and state, and revokes only after asking', async () => {
    const client = open('owner', [
      link(),
      link({ linkId: `lnk_${'2'.repeat(24)}`, label: '旧', revokedAt: fixtureNow }),
      link({ linkId: `lnk_${'3'.repeat(24)}`, label: '满', uses: 10 }),
    ])
    expect(await screen.findByText(/已用 3\/10 次 · 3月5日 前有效/)).toBeTruthy()
    expect([screen.getByText(/已停用/), screen.getByText(/已用完/)].length).toBe(2)
    fireEvent.click(screen.getByRole('button', { name: '停用「门口海报」' }))
    const asking = within(await screen.findByRole('alertdialog', { name: '停用这个链接？' }))
    expect(names(client)).not.toContain('joinLinks.revoke')
    fireEvent.click(asking.getByRole('button', { name: '停用' }))
    await waitFor(() => expect(names(client)).toContain('joinLinks.revoke'))
  })
})
