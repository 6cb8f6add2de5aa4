/** The shop's own API as its app uses it, and a Qun client that tells the page around the phone what it does. */
import { createClient, type QunClient, type SocketLike } from '@qun/sdk'
import type { Bill, Order, Wish } from '../dealings.ts'
import type { PhoneLine } from '../look.ts'

/** Why the shop said no: a code of its own, or Qun's. */
export class ShopRefused extends Error {}
interface Session {
  readonly session: string
  readonly userId: string
  readonly qunUrl: string
  readonly token: string
}
export interface Shop {
  readonly userId: string
  readonly qun: QunClient
  listOrders(): Promise<Order[]>
  /** What it costs: from a group at its price, with a coupon, or what was kept in a play. */
  readBill(wish: Wish): Promise<Bill>
  place(wish: Wish): Promise<Order>
  pay(orderId: string): Promise<Order>
  cancel(orderId: string): Promise<Order>
  confirmReceipt(orderId: string): Promise<Order>
  refund(orderId: string): Promise<Order>
}

/** Signs in as a persona and connects to Qun with the token the shop's back end minted. */
export async function signIn(userId: string): Promise<Shop> {
  let session = await openSession({ userId })
  let fresh: string | undefined = session.token
  const token = async () => {
    const first = fresh
    fresh = undefined
    if (first !== undefined) return first
    session = await openSession({ userId, session: session.session })
    return session.token
  }
  const tell = teller(userId)
  const qun = createClient({
    url: session.qunUrl,
    token,
    fetch: watchedFetch(session.qunUrl, tell),
    openSocket: (url) => watchSocket(new WebSocket(url) as unknown as SocketLike, tell),
  })
  qun.connect()
  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(path, {
      method,
      headers: {
        authorization: `Session ${session.session}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    if (answer.status === 404 || answer.status === 409)
      throw new ShopRefused(((await answer.json()) as { error: string }).error)
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
    return (await answer.json()) as T
  }
  return {
    userId,
    qun,
    listOrders: () => ask('GET', '/api/orders'),
    readBill: (wish) => ask('POST', '/api/bills', wish),
    place: (wish) => ask('POST', '/api/orders', wish),
    pay: (orderId) => ask('POST', `/api/orders/${orderId}/pay`),
    cancel: (orderId) => ask('POST', `/api/orders/${orderId}/cancel`),
    confirmReceipt: (orderId) => ask('POST', `/api/orders/${orderId}/receive`),
    refund: (orderId) => ask('POST', `/api/orders/${orderId}/refund`),
  }
}
async function openSession(body: { readonly userId: string; readonly session?: string }): Promise<Session> {
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`sign-in answered ${answer.status}`)
  return (await answer.json()) as Session
}

// ── telling the page around the phone ──
type Tell = (line: Omit<PhoneLine, 'type' | 'from'>) => void
const detailLengthMax = 240
const secretNames = /token|secret|^code$/i

function teller(from: string): Tell {
  return (line) => {
    if (window.parent !== window)
      window.parent.postMessage({ type: 'qun-demo-line', from, ...line } satisfies PhoneLine, location.origin)
  }
}
function masked(value: unknown): string {
  const text = JSON.stringify(value, (name, inner: unknown) => (secretNames.test(name) ? '•••' : inner)) ?? ''
  return text.length > detailLengthMax ? `${text.slice(0, detailLengthMax)}…` : text
}
function watchedFetch(qunUrl: string, tell: Tell): typeof fetch {
  return async (input, init) => {
    const startedAt = performance.now()
    const answer = await fetch(input, init)
    const address = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url
    const path = address.startsWith(qunUrl) ? address.slice(qunUrl.length) : address
    // A join code in a path is a secret as much as in a body.
    const shown = path.replace(/(\/invites\/)[^/]+/, '$1•••')
    const body = typeof init?.body === 'string' ? masked(JSON.parse(init.body)) : ''
    tell({
      call: `${init?.method ?? 'GET'} ${shown}`,
      status: answer.status,
      tookMs: performance.now() - startedAt,
      detail: body,
    })
    return answer
  }
}

/** Frames worth a line; pings, heads and typing would drown them. */
const told = {
  out: new Set(['auth', 'subscribe', 'send', 'read']),
  in: new Set(['hello', 'sent', 'changes', 'error']),
} as const

/** What a frame says in a few words: ids shortened, rows by what they are. */
function summaryOf(frame: Record<string, any>): string {
  const short = (id: unknown) => String(id).replace(/(grp_)[0-9a-z]+(?=[0-9a-z]{4}$)/, '$1…')
  switch (frame['op']) {
    case 'changes': {
      const rows = (frame['rows'] as Record<string, any>[]).map((row) =>
        [row['row'], row['kind'], row['seq'] ?? row['userId'] ?? row['key']].filter(Boolean).join(' '),
      )
      return `${short(frame['stream'])}  ${frame['from']} → ${frame['to']}  ${rows.join(' · ')}`
    }
    case 'send':
      return `${short(frame['groupId'])}  ${frame['kind']} ${masked(frame['body'])}`
    case 'sent':
      return `${short(frame['groupId'])}  seq ${frame['seq']}  version ${frame['version']}`
    case 'read':
      return `${short(frame['groupId'])}  seq ${frame['seq']}`
    case 'subscribe':
      return (frame['groups'] as Record<string, any>[])
        .map((one) => `${short(one['groupId'])} ${one['level']}`)
        .join(' · ')
    case 'hello':
      return `${frame['userId']}  protocol ${frame['protocol']}`
    default:
      return masked(frame)
  }
}

/** Passes everything through and reports the frames that tell the story. */
function watchSocket(socket: SocketLike, tell: Tell): SocketLike {
  const report = (way: 'out' | 'in', text: unknown) => {
    if (typeof text !== 'string') return
    const frame = JSON.parse(text) as Record<string, any>
    if (!told[way].has(String(frame['op']))) return
    tell({ call: `${way === 'out' ? '↑' : '↓'} ${frame['op']}`, status: 0, tookMs: 0, detail: summaryOf(frame) })
  }
  const watched: SocketLike = {
    send(text) {
      report('out', text)
      socket.send(text)
    },
    close: (code, reason) => socket.close(code, reason),
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
  }
  socket.onopen = () => watched.onopen?.()
  socket.onmessage = (message) => {
    report('in', message.data)
    watched.onmessage?.(message)
  }
  socket.onclose = (closing) => watched.onclose?.(closing)
  socket.onerror = (error) => watched.onerror?.(error)
  return watched
}
