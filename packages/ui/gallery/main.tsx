/** The gallery page. The address says what to show: ?theme=dark&locale=en&open=1&unread=1&viewer=wang */
import luckyDraw from '@qun/features/lucky-draw/ui'
import * as invitation from '@qun/features/invitation/ui'
import * as membership from '@qun/features/membership/ui'
import * as message from '@qun/features/message/ui'
import { createRoot } from 'react-dom/client'
import { createFixture, fixtureGroupId, fixtureNow, type FixtureClient } from '../src/fixture.ts'
import { QunChat } from '../src/index.tsx'
import '../src/styles/index.css'
import { olderThan, seedConversations, seedView } from './seed.ts'

const wish = new URLSearchParams(location.search)
const base = performance.now()
const unread = wish.has('unread') ? { readSeq: Number(wish.get('unread')), unread: 223 - Number(wish.get('unread')) } : {}
const pending = wish.has('pending')
  ? [
      { clientId: 'q1', kind: 'text', body: { text: '我在路上，十分钟到' }, at: fixtureNow, status: 'sending' as const },
      { clientId: 'q2', kind: 'text', body: { text: '给我留一个位置～' }, at: fixtureNow, status: 'failed' as const, problem: { code: 'member.muted', status: 403, title: '你已被禁言', retry: 'later' as const } },
    ]
  : []
const client = createFixture({
  userId: wish.get('viewer') ?? 'li',
  views: [seedView({ ...unread, pending, typing: wish.has('typing') ? ['zhao'] : [] }, wish.has('nodraw') ? ['lucky-draw'] : [])],
  conversations: wish.has('empty') ? [] : seedConversations(wish.has('open') ? (unread.readSeq ?? 999) : 0),
  now: () => fixtureNow + (performance.now() - base),
  older: olderThan,
})
if (wish.has('connection')) client.connection.set(wish.get('connection') as 'offline')
client.answers['messages.edits'] = () => ({ edits: [{ text: '写「妈妈生日快乐」', at: fixtureNow - 420_000 }] })
client.answers['members.list'] = () => ({ members: [...client.groupOf(fixtureGroupId).get().members.values()], cursor: null })
client.answers['media.get'] = () => ({ bytes: new TextEncoder().encode(cake), contentType: 'image/svg+xml' })
const cake = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 900"><defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="#f7e3c8"/><stop offset="1" stop-color="#e9b98a"/></linearGradient></defs><rect width="1200" height="900" fill="url(#a)"/><ellipse cx="600" cy="720" rx="420" ry="70" fill="#c98d5a" opacity=".4"/><g fill="#b8703a"><path d="M250 640c0-160 150-290 350-290s350 130 350 290c0 60-700 60-700 0z"/></g><g fill="none" stroke="#f3cf9c" stroke-width="26" stroke-linecap="round" opacity=".8"><path d="M380 600c0-110 60-180 120-210M560 620c-10-120 10-200 60-250M740 610c-20-110-20-160 20-210"/></g></svg>`
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
