/** The gallery page. The address says what to show: ?theme=dark&locale=en&open=1&unread=1&viewer=wang */
import luckyDraw from '@qun/features/plays/lucky-draw/ui'
import * as invitation from '@qun/features/people/invitation/ui'
import * as membership from '@qun/features/people/membership/ui'
import * as message from '@qun/features/words/message/ui'
import { createRoot } from 'react-dom/client'
import { createFixture, fixtureGroupId, fixtureNow, type FixtureClient } from '../src/fixture.ts'
import { QunChat } from '../src/index.tsx'
import '../src/styles/index.css'
import { cake } from './cake.ts'
import { olderThan, seedConversations, seedView } from './seed.ts'

const wish = new URLSearchParams(location.search)
const base = performance.now()
const unread = wish.has('unread')
  ? { readSeq: Number(wish.get('unread')), unread: 223 - Number(wish.get('unread')) }
  : {}
const pending = wish.has('pending')
  ? [
      {
        clientId: 'q1',
        kind: 'text',
        body: { text: '我在路上，十分钟到' },
        at: fixtureNow,
        status: 'sending' as const,
      },
      {
        clientId: 'q2',
        kind: 'text',
        body: { text: '给我留一个位置～' },
        at: fixtureNow,
        status: 'failed' as const,
        problem: { code: 'member.muted', status: 403, title: '你已被禁言', retry: 'later' as const },
      },
    ]
  : []
const client = createFixture({
  userId: wish.get('viewer') ?? 'li',
  views: [
    seedView(
      { ...unread, pending, typing: wish.has('typing') ? ['zhao'] : [] },
      wish.has('nodraw') ? ['lucky-draw'] : [],
    ),
  ],
  conversations: wish.has('empty') ? [] : seedConversations(wish.has('open') ? (unread.readSeq ?? 999) : 0),
  now: () => fixtureNow + (performance.now() - base),
  older: olderThan,
})
if (wish.has('connection')) client.connection.set(wish.get('connection') as 'offline')
client.answers['messages.edits'] = () => ({ edits: [{ text: '写「妈妈生日快乐」', at: fixtureNow - 420_000 }] })
client.answers['members.list'] = () => ({
  members: [...client.groupOf(fixtureGroupId).get().members.values()],
  cursor: null,
})
client.answers['messages.reactors'] = (request) => {
  const { emoji = '🎉' } = (request as { query: { emoji?: string } }).query
  const people = [...client.groupOf(fixtureGroupId).get().members.values()].slice(1, 6)
  return { reactors: people.map(({ userId, name }) => ({ userId, name, emoji, at: fixtureNow })), cursor: null }
}
client.answers['media.get'] = () => ({ bytes: new TextEncoder().encode(cake), contentType: 'image/svg+xml' })
declare global {
  interface Window {
    client: FixtureClient
  }
}
window.client = client
const theme = wish.get('theme')
createRoot(document.getElementById('root')!).render(
  <QunChat
    client={client}
    cards={[message, membership, invitation, luckyDraw]}
    locale={wish.get('locale') === 'en' ? 'en' : 'zh-CN'}
    theme={theme === 'dark' || theme === 'light' ? theme : 'auto'}
    {...(wish.has('open') ? { groupId: fixtureGroupId } : {})}
  />,
)
