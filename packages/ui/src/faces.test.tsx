/** The kit's parts as people meet them: names for screen readers, states, roles, refusals. */
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { closed, defineCard, Type } from '@qun/contract'
import type { ReactElement } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  aConversation,
  aMember,
  aMessage,
  aView,
  createFixture,
  fixtureGroupId,
  fixtureMembers,
  fixtureNow,
  type FixtureClient,
} from './fixture.ts'
import {
  ActionButton,
  CardFrame,
  ConversationList,
  Countdown,
  defineCardUI,
  GroupAvatar,
  GroupChat,
  GroupPage,
  moneyText,
  QunProvider,
  type FeatureUI,
  type Talk,
} from './index.tsx'

const note = defineCard({
  kind: 'note',
  doc: '',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ text: Type.String() }),
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: { nod: { by: 'member', input: closed({}), errors: [] } },
  facts: {},
  refusals: {},
  summary: (body) => body.text,
})
const offer = defineCard({ ...note, kind: 'offer', post: { by: 'admin' } })
const talk: Talk = {
  write: ({ text, mentions, quote }) => ({ card: note, body: { text, mentions, quote: quote?.seq } }),
  textOf: (message) => (message.kind === 'note' ? (message.body as { text: string }).text : undefined),
  canEdit: () => true,
  edit: async (group, message, draft) => void (await group.act(note, message.seq, 'nod', draft)),
}
const features: readonly FeatureUI[] = [
  {
    default: [
      defineCardUI(note, { Card: ({ body }) => (body.text === 'broken' ? fail() : <p>{body.text}</p>), plain: true }),
      defineCardUI(offer, {
        Card: () => null,
        Compose: () => <p>offer form</p>,
        label: { 'zh-CN': '活动', en: 'Offer' },
      }),
    ],
    talk,
  },
]
function fail(): never {
  throw new Error('a face that fails')
}
const show = (client: FixtureClient, node: ReactElement, locale: 'zh-CN' | 'en' = 'zh-CN') =>
  render(
    <QunProvider client={client} cards={features} locale={locale}>
      {node}
    </QunProvider>,
  )
const clientOf = (
  userId: string,
  more: Parameters<typeof aView>[1] = {},
  messages = [aMessage(1, 'wang', 'note', { text: '早' })],
) => createFixture({ userId, views: [aView(messages, more)], conversations: [aConversation()] })
beforeEach(() => localStorage.clear())
afterEach(cleanup)

describe('ActionButton', () => {
  it('asks once while pending and shows the refusal’s title', async () => {
    let asked = 0
    const refusal = Object.assign(new Error('no'), {
      problem: { code: 'draw.closed', status: 409, title: '抽奖已截止', retry: 'never' },
    })
    let answer = () => {}
    const press = () => (asked++, new Promise<void>((_, reject) => (answer = () => reject(refusal))))
    show(clientOf('li'), <ActionButton onClick={press}>参与</ActionButton>)
    const button = screen.getByRole('button', { name: '参与' })
    fireEvent.click(button)
    fireEvent.click(button)
    expect(asked).toBe(1)
    expect(button.getAttribute('aria-busy')).toBe('true')
    answer()
    expect(await screen.findByText('抽奖已截止')).toBeTruthy()
    expect(button.getAttribute('aria-busy')).toBeNull()
  })
})
describe('cards', () => {
  it('a frame has its kind, title, foot and one action', () => {
    show(
      clientOf('li'),
      <CardFrame kind="抽奖" title="三月" foot="23 人" action={<button type="button">参与</button>} />,
    )
    const card = screen.getByRole('article')
    expect(within(card).getByRole('heading', { name: '三月' })).toBeTruthy()
    expect(within(card).getByRole('button', { name: '参与' })).toBeTruthy()
  })
  it('counts down by the server’s clock and says when it is over', () => {
    const client = clientOf('li')
    show(
      client,
      <>
        <Countdown until={fixtureNow + 65_000} />
        <Countdown until={fixtureNow} />
      </>,
    )
    expect(screen.getByText('剩余 01:05')).toBeTruthy()
    expect(screen.getByText('已结束')).toBeTruthy()
  })
  it('writes money from fen', () => {
    expect([0, 5, 1250, 123_456_789, -300].map(moneyText)).toEqual([
      '¥0.00',
      '¥0.05',
      '¥12.50',
      '¥1,234,567.89',
      '−¥3.00',
    ])
  })
})
describe('ConversationList', () => {
  const head = {
    ...aConversation().head,
    last: {
      seq: 9,
      senderId: 'zhao',
      senderName: '赵阿姨',
      kind: 'note',
      summary: { 'zh-CN': '[抽奖] 三月', en: '[Lucky draw] March' },
    },
  }
  const list = (more: Parameters<typeof aConversation>[0]) => {
    const client = clientOf('li')
    client.conversations.set([aConversation({ head, ...more })])
    show(client, <ConversationList onOpen={() => {}} />)
    return screen.getByRole('list')
  }
  it('names unread exactly up to 99, then 99+', () => {
    expect(list({ unread: 99 }).textContent).toContain('99')
    cleanup()
    expect(list({ unread: 100 }).textContent).toContain('99+')
    expect(screen.getByRole('img', { name: '100 条未读' })).toBeTruthy()
  })
  it('shows a quiet group’s unread as a dot without a number', () => {
    expect(list({ unread: 12, quiet: true }).textContent).not.toContain('12')
    expect(screen.getByRole('img', { name: '有未读消息' })).toBeTruthy()
    expect(screen.getByRole('img', { name: '已免打扰' })).toBeTruthy()
  })
  it('marks mentions over drafts, and drafts over last words', () => {
    localStorage.setItem('qun.drafts.lid', JSON.stringify([[fixtureGroupId, { text: '写到一半', mentions: {} }]]))
    const client = createFixture({ userId: 'lid', conversations: [aConversation({ head })] })
    show(client, <ConversationList onOpen={() => {}} />)
    expect(screen.getByRole('list').textContent).toContain('[草稿]写到一半')
    cleanup()
    expect(list({ mentions: [3] }).textContent).toContain('[有人@我]赵阿姨: [抽奖] 三月')
  })
  it('pins from its menu', async () => {
    const client = clientOf('li')
    show(client, <ConversationList onOpen={() => {}} />)
    fireEvent.click(screen.getByRole('button', { name: /更多操作/ }))
    fireEvent.click(await screen.findByRole('menuitem', { name: '置顶' }))
    expect(client.calls).toContainEqual({ name: 'setConversation', input: { groupId: fixtureGroupId, pinned: true } })
  })
  it('is loading, not empty, before the first connection, and says when it is empty', () => {
    const client = createFixture()
    client.connection.set('connecting')
    const shown = show(client, <ConversationList onOpen={() => {}} />)
    expect(screen.queryByText('还没有群聊')).toBeNull()
    shown.unmount()
    client.connection.set('online')
    show(client, <ConversationList onOpen={() => {}} />)
    expect(screen.getByText('还没有群聊')).toBeTruthy()
  })
})
describe('Composer', () => {
  const open = async (client: FixtureClient) => {
    show(client, <GroupChat groupId={fixtureGroupId} />)
    return screen.findByRole<HTMLTextAreaElement>('textbox', { name: '消息内容' })
  }
  const sends = (client: FixtureClient) => client.calls.filter((call) => call.name === 'send').map((call) => call.input)
  it('sends on Enter and empties, but not on Shift+Enter nor while an input method composes', async () => {
    const client = clientOf('li')
    const field = await open(client)
    fireEvent.change(field, { target: { value: '你好' } })
    fireEvent.keyDown(field, { key: 'Enter', isComposing: true })
    fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 })
    fireEvent.keyDown(field, { key: 'Enter', shiftKey: true })
    expect(sends(client)).toEqual([])
    fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() =>
      expect(sends(client)).toEqual([{ kind: 'note', body: { text: '你好', mentions: [], quote: undefined } }]),
    )
    expect(field.value).toBe('')
  })
  it('does not send blanks', async () => {
    const client = clientOf('li')
    const field = await open(client)
    fireEvent.change(field, { target: { value: '  \n' } })
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(screen.getByRole<HTMLButtonElement>('button', { name: '发送' }).disabled).toBe(true)
    expect(sends(client)).toEqual([])
  })
  it('names people by id, and everybody only for those who run the group', async () => {
    const client = clientOf('li')
    const field = await open(client)
    fireEvent.change(field, { target: { value: '@店', selectionStart: 2 } })
    field.setSelectionRange(2, 2)
    fireEvent.select(field)
    expect(screen.queryByRole('option', { name: /所有人/ })).toBeNull()
    fireEvent.click(await screen.findByRole('option', { name: /王店长/ }))
    fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() =>
      expect(sends(client)).toEqual([
        { kind: 'note', body: { text: '@王店长', mentions: ['wang'], quote: undefined } },
      ]),
    )
    cleanup()
    const owner = await open(clientOf('wang'))
    fireEvent.change(owner, { target: { value: '@' } })
    owner.setSelectionRange(1, 1)
    fireEvent.select(owner)
    expect(await screen.findByRole('option', { name: /所有人/ })).toBeTruthy()
  })
  it('keeps a draft', async () => {
    const field = await open(createFixture({ userId: 'draftee', views: [aView([])] }))
    fireEvent.change(field, { target: { value: '写到一半' } })
    cleanup()
    expect((await open(createFixture({ userId: 'draftee', views: [aView([])] }))).value).toBe('写到一半')
  })
  it.each([
    [
      'a muted member',
      'li',
      { members: new Map([['li', aMember('li', '小李', { mutedUntil: fixtureNow + 60_000 })]]) },
      /你已被禁言/,
    ],
    [
      'everyone muted',
      'li',
      { group: { ...aView([]).group!, settings: { ...aView([]).group!.settings, muteAll: true } } },
      /全员禁言中/,
    ],
    ['a disbanded group', 'wang', { group: { ...aView([]).group!, disbandedAt: fixtureNow } }, /群已解散/],
  ])('says why %s cannot write', async (_name, userId, more, words) => {
    show(clientOf(userId, more), <GroupChat groupId={fixtureGroupId} />)
    expect(await screen.findByText(words)).toBeTruthy()
    expect(screen.queryByRole('textbox')).toBeNull()
  })
  it('lets those who run the group write while everyone is muted', async () => {
    const { group } = aView([])
    expect(
      await open(clientOf('he', { group: { ...group!, settings: { ...group!.settings, muteAll: true } } })),
    ).toBeTruthy()
  })
  it.each([
    ['li', false],
    ['he', true],
    ['wang', true],
  ])('offers %s the forms their role may post: %s', async (userId, may) => {
    await open(clientOf(userId))
    fireEvent.click(screen.getByRole('button', { name: '更多功能' }))
    await screen.findByRole('dialog', { name: '发送到群' })
    expect(screen.queryByRole('button', { name: '活动' }) !== null).toBe(may)
  })
})
describe('GroupChat', () => {
  it('has a labelled log, a name, and buttons with names', async () => {
    const client = clientOf('li')
    show(client, <GroupChat groupId={fixtureGroupId} onBack={() => {}} onOpenGroupPage={() => {}} />)
    expect(await screen.findByRole('log', { name: '山茶咖啡 · 老顾客群 的消息' })).toBeTruthy()
    for (const button of screen.getAllByRole('button'))
      expect(button.getAttribute('aria-label') ?? button.textContent).not.toBe('')
  })
  it('says that the group is gone in the refusal’s words', async () => {
    const gone = { code: 'member.not_in_group', status: 404, title: '不是群成员', retry: 'never' as const }
    show(clientOf('li', { gone }), <GroupChat groupId={fixtureGroupId} />)
    expect(await screen.findByText('不是群成员')).toBeTruthy()
  })
})
describe('GroupPage', () => {
  it('shows people with their roles, and switches quiet', async () => {
    const client = clientOf('li')
    client.answers['members.list'] = () => ({ members: fixtureMembers, cursor: null })
    show(client, <GroupPage groupId={fixtureGroupId} />)
    expect(await screen.findByRole('button', { name: /群主.*王店长/ })).toBeTruthy()
    fireEvent.click(screen.getByRole('switch', { name: /消息免打扰/ }))
    await waitFor(() =>
      expect(client.calls).toContainEqual({ name: 'setConversation', input: { groupId: fixtureGroupId, quiet: true } }),
    )
  })
})
describe('faces of groups', () => {
  it('are a mosaic of up to nine members, or the group’s own picture', () => {
    const faces = Array.from({ length: 12 }, (_, index) => ({ name: `人${index}`, avatar: '' }))
    const { container } = show(clientOf('li'), <GroupAvatar name="群" avatar="" faces={faces} />)
    expect(container.querySelectorAll('.qun-mosaic .qun-avatar')).toHaveLength(9)
    cleanup()
    const own = show(clientOf('li'), <GroupAvatar name="群" avatar="https://pictures.example/a.png" faces={faces} />)
    expect(own.container.querySelector('img')?.getAttribute('src')).toBe('https://pictures.example/a.png')
  })
})
