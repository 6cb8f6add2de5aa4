/** What the group page offers to whom, and that nothing grave happens without asking. */
import { GroupPage, QunProvider } from '@qun/ui'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import {
  aConversation,
  aGroup,
  aMember,
  aView,
  createFixture,
  fixtureGroupId,
  fixtureMembers,
  fixtureNow,
} from '@qun/ui/testing'
import * as membership from './index.tsx'
import { membershipTexts } from './texts.ts'

function show(userId: string, more: Parameters<typeof aView>[1] = {}) {
  const client = createFixture({ userId, views: [aView([], more)], conversations: [aConversation()] })
  client.answers['members.list'] = () => ({
    members: [...client.groupOf(fixtureGroupId).get().members.values()],
    cursor: null,
  })
  render(
    <QunProvider client={client} cards={[membership]} locale="zh-CN">
      <GroupPage groupId={fixtureGroupId} />
    </QunProvider>,
  )
  return client
}
const shown = (name: RegExp | string) => screen.queryByRole('button', { name }) !== null
async function openMember(name: RegExp) {
  fireEvent.click(await screen.findByRole('button', { name }))
  return within(await screen.findByRole('dialog'))
}
const calls = (client: ReturnType<typeof show>) => client.calls.filter((call) => call.name !== 'members.list')
afterEach(cleanup)

describe('the group page', () => {
  it.each([
    ['li', false],
    ['he', true],
    ['wang', true],
  ])('lets %s change the group: %s', async (userId, may) => {
    show(userId)
    await screen.findByRole('heading', { name: '群成员（5）' })
    expect(shown(/^群名称/)).toBe(may)
    expect(screen.queryByRole('switch', { name: /全员禁言/ }) !== null).toBe(may)
  })
  it('lets the owner disband and others leave', async () => {
    show('wang')
    await screen.findByRole('heading', { name: '群成员（5）' })
    expect([shown('解散群聊'), shown('退出群聊')]).toEqual([true, false])
    cleanup()
    show('he')
    await screen.findByRole('heading', { name: '群成员（5）' })
    expect([shown('解散群聊'), shown('退出群聊')]).toEqual([false, true])
  })
  it('names the consequence before disbanding', async () => {
    const client = show('wang')
    fireEvent.click(await screen.findByRole('button', { name: '解散群聊' }))
    const asking = within(await screen.findByRole('alertdialog', { name: '解散「山茶咖啡 · 老顾客群」？' }))
    expect(asking.getByText(/5 名成员将不能再发言/)).toBeTruthy()
    expect(calls(client)).toEqual([])
    fireEvent.click(asking.getByRole('button', { name: '解散群聊' }))
    await waitFor(() => expect(calls(client).map((call) => call.name)).toEqual(['groups.disband']))
  })
  it('offers nothing to change once disbanded', async () => {
    show('wang', { group: aGroup({ disbandedAt: fixtureNow }) })
    await screen.findByRole('heading', { name: '群成员（5）' })
    expect([shown(/^群名称/), shown('解散群聊'), shown(/昵称/)]).toEqual([false, false, false])
  })
  it('saves the nickname, and an empty one gives the own name back', async () => {
    const client = show('li')
    fireEvent.click(await screen.findByRole('button', { name: /我在本群的昵称/ }))
    fireEvent.change(await screen.findByRole('textbox', { name: '我在本群的昵称' }), { target: { value: ' ' } })
    fireEvent.click(screen.getByRole('button', { name: '保存' }))
    await waitFor(() =>
      expect(calls(client)).toEqual([
        { name: 'members.setNickname', input: { params: { groupId: fixtureGroupId }, body: { nickname: null } } },
      ]),
    )
  })
})
describe('a member’s sheet', () => {
  it.each([
    ['the owner at a member', 'wang', /赵阿姨/, ['设为管理员', '禁言', '转让群主', '移出群聊', '移出并拉黑']],
    ['the owner at an admin', 'wang', /小何/, ['取消管理员', '禁言', '转让群主', '移出群聊', '移出并拉黑']],
    ['an admin at a member', 'he', /赵阿姨/, ['禁言', '移出群聊', '移出并拉黑']],
    ['an admin at the owner', 'he', /王店长/, []],
    ['a member at a member', 'li', /赵阿姨/, []],
  ])('%s', async (_name, viewerId, person, expected) => {
    show(viewerId)
    const sheet = await openMember(person)
    expect(
      sheet
        .getAllByRole('button')
        .map((button) => button.textContent)
        .filter(Boolean),
    ).toEqual(expected)
  })
  it('lets a muted member speak again', async () => {
    const muted = fixtureMembers.map((one) =>
      one.userId === 'zhao' ? aMember('zhao', '赵阿姨', { mutedUntil: fixtureNow + 60_000 }) : one,
    )
    const client = show('he', { members: new Map(muted.map((one) => [one.userId as string, one])) })
    const sheet = await openMember(/赵阿姨/)
    fireEvent.click(sheet.getByRole('button', { name: '解除禁言' }))
    expect(calls(client).map((call) => call.name)).toEqual(['members.unmute'])
  })
  it('mutes for a chosen time', async () => {
    const client = show('he')
    const sheet = await openMember(/赵阿姨/)
    fireEvent.click(sheet.getByRole('button', { name: '禁言' }))
    fireEvent.click(await screen.findByRole('button', { name: '1 小时' }))
    await waitFor(() =>
      expect(calls(client)[0]?.input).toEqual({
        params: { groupId: fixtureGroupId, userId: 'zhao' },
        body: { durationMs: 3_600_000 },
      }),
    )
  })
  it('removes only after asking', async () => {
    const client = show('he')
    const sheet = await openMember(/赵阿姨/)
    fireEvent.click(sheet.getByRole('button', { name: '移出群聊' }))
    const asking = within(await screen.findByRole('alertdialog', { name: '把赵阿姨移出群聊？' }))
    expect(calls(client)).toEqual([])
    fireEvent.click(asking.getByRole('button', { name: '移出群聊' }))
    await waitFor(() =>
      expect(calls(client)[0]?.input).toEqual({
        params: { groupId: fixtureGroupId, userId: 'zhao' },
        body: { ban: false },
      }),
    )
  })
})
it('every text stands in both languages', () => {
  for (const { 'zh-CN': zh, en } of Object.values(membershipTexts)) {
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).not.toMatch(/\p{Script=Han}/u)
  }
})
