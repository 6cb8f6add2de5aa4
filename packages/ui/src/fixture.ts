/** A client in memory for tests of faces and for the gallery: readable values one can set, calls one can watch. */
import type { ConversationRow, GroupRow, MemberRow, MessageRow } from '@qun/contract'
import type {
  ConnectionState,
  Conversation,
  GroupHandle,
  GroupView,
  PendingMessage,
  QunClient,
  Readable,
  ViewMessage,
} from '@qun/sdk'

export interface Settable<T> extends Readable<T> {
  set(value: T): void
}
export function settable<T>(first: T): Settable<T> {
  let value = first
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(next) {
      value = next
      listeners.forEach((one) => one())
    },
  }
}

/** 2026-03-04 12:00 in Shanghai, a Wednesday. */
export const fixtureNow = Date.UTC(2026, 2, 4, 4, 0, 0)
export const fixtureGroupId = 'grp_camellia' as GroupRow['groupId']

export function aMember(userId: string, name: string, more: Partial<MemberRow> = {}): MemberRow {
  return {
    row: 'member',
    userId: userId as MemberRow['userId'],
    version: 1,
    role: 'member',
    name,
    avatar: '',
    badge: null,
    joinedAt: fixtureNow - 30 * 86_400_000,
    mutedUntil: 0,
    active: true,
    ...more,
  }
}
export function aMessage(
  seq: number,
  senderId: string,
  kind: string,
  body: unknown,
  more: Partial<ViewMessage> = {},
): ViewMessage {
  return {
    row: 'message',
    seq,
    version: seq,
    senderId,
    clientId: `c${seq}` as MessageRow['clientId'],
    kind,
    body,
    state: {},
    ordinal: seq,
    own: 0,
    at: fixtureNow - 60_000 + seq,
    ...more,
  }
}
export const fixtureMembers = [
  aMember('wang', '王店长', { role: 'owner', badge: 'merchant' }),
  aMember('he', '小何', { role: 'admin', badge: 'staff' }),
  aMember('li', '小李'),
  aMember('zhao', '赵阿姨'),
  aMember('sun', '孙老师'),
]
export function aGroup(more: Partial<GroupRow> = {}): GroupRow {
  return {
    row: 'group',
    groupId: fixtureGroupId,
    version: 1,
    name: '山茶咖啡 · 老顾客群',
    avatar: '',
    ownerId: 'wang' as GroupRow['ownerId'],
    memberCount: fixtureMembers.length,
    createdAt: fixtureNow - 90 * 86_400_000,
    settings: {
      description: '新鲜出炉会在群里说一声，想吃什么也可以点。',
      capacity: 500,
      history: 'recent',
      muteAll: false,
      roster: 'members',
    },
    ...more,
  }
}
export function aView(messages: readonly ViewMessage[], more: Partial<GroupView> = {}): GroupView {
  return {
    groupId: fixtureGroupId,
    ready: true,
    version: 1,
    group: aGroup(),
    messages,
    pending: [],
    atStart: true,
    members: new Map(fixtureMembers.map((member) => [member.userId as string, member])),
    records: new Map(),
    typing: [],
    readSeq: messages.at(-1)?.seq ?? 0,
    unread: 0,
    ...more,
  }
}
export function aConversation(
  more: Partial<Conversation> & { readonly groupId?: ConversationRow['groupId'] } = {},
): Conversation {
  const groupId = more.groupId ?? fixtureGroupId
  return {
    row: 'conversation',
    groupId,
    version: 1,
    active: true,
    role: 'member',
    joinSeq: 0,
    readSeq: 0,
    readOrdinal: 0,
    readOwn: 0,
    own: 0,
    pinned: false,
    quiet: false,
    name: '山茶咖啡 · 老顾客群',
    avatar: '',
    memberCount: 5,
    faces: fixtureMembers.map(({ name, avatar }) => ({ name, avatar })),
    mentions: [],
    unread: 0,
    head: { groupId, version: 1, lastSeq: 0, lastOrdinal: 0, at: fixtureNow - 120_000, last: null },
    ...more,
  }
}

export interface Called {
  readonly name: string
  readonly input: unknown
}
export interface FixtureGroup extends GroupHandle {
  readonly view: Settable<GroupView>
}
export interface FixtureClient extends QunClient {
  readonly userId: Settable<string | undefined>
  readonly connection: Settable<ConnectionState>
  readonly conversations: Settable<readonly Conversation[]>
  /** Everything asked of the client and its groups, in order. */
  readonly calls: Called[]
  /** What `call` answers, by endpoint name; a thrown error is thrown. Missing ones answer `{}`. */
  readonly answers: Record<string, (request: unknown) => unknown>
  groupOf(groupId: string): FixtureGroup
}
export interface FixtureOptions {
  readonly userId?: string
  readonly views?: readonly GroupView[]
  readonly conversations?: readonly Conversation[]
  readonly now?: () => number
  /** Messages before the view's, by page, newest page first. */
  readonly older?: (firstSeq: number) => readonly ViewMessage[]
}
export function createFixture(options: FixtureOptions = {}): FixtureClient {
  const { userId = 'li', views = [], now = () => fixtureNow } = options
  const calls: Called[] = []
  const answers: FixtureClient['answers'] = {}
  const groups = new Map<string, FixtureGroup>()
  for (const view of views) groups.set(view.groupId, fixtureGroup(view, userId, calls, now, options.older))
  const conversations = settable<readonly Conversation[]>(options.conversations ?? [])
  return {
    userId: settable<string | undefined>(userId),
    connection: settable<ConnectionState>('online'),
    conversations,
    records: settable(new Map()),
    badge: settable(0),
    calls,
    answers,
    serverNow: now,
    groupOf(groupId) {
      const known =
        groups.get(groupId) ?? fixtureGroup(aView([], { groupId, ready: false }), userId, calls, now, options.older)
      groups.set(groupId, known)
      return known
    },
    open(groupId) {
      return this.groupOf(groupId)
    },
    async setConversation(groupId, patch) {
      calls.push({ name: 'setConversation', input: { groupId, ...patch } })
      conversations.set(conversations.get().map((one) => (one.groupId === groupId ? { ...one, ...patch } : one)))
    },
    async call(endpoint, request) {
      calls.push({ name: endpoint.name, input: request })
      return (answers[endpoint.name]?.(request) ?? {}) as never
    },
    async upload(path, file) {
      calls.push({ name: 'upload', input: { path, file } })
      return (answers['upload']?.(file) ?? {}) as never
    },
    connect: () => {},
    reconnectNow: () => {},
    close: () => {},
  }
}
function fixtureGroup(
  first: GroupView,
  userId: string,
  calls: Called[],
  now: () => number,
  older: FixtureOptions['older'],
): FixtureGroup {
  const view = settable(first)
  const change = (patch: Partial<GroupView>) => view.set({ ...view.get(), ...patch })
  const note = (name: string, input: unknown) => calls.push({ name, input })
  let sent = 0
  return {
    view,
    groupId: first.groupId,
    get: view.get,
    subscribe: view.subscribe,
    async send(card, body, as) {
      const spoken = as === undefined ? {} : { as }
      note('send', { kind: card.kind, body, ...spoken })
      const clientId = `s${++sent}`
      const pending: PendingMessage = { clientId, kind: card.kind, body, at: now(), ...spoken, status: 'sending' }
      change({ pending: [...view.get().pending, pending] })
      await Promise.resolve()
      const seq = (view.get().messages.at(-1)?.seq ?? 0) + 1
      const message = aMessage(seq, userId, card.kind, body, {
        at: now(),
        clientId: clientId as never,
        state: card.initial ?? {},
        ...spoken,
      })
      change({
        pending: view.get().pending.filter((one) => one !== pending),
        messages: [...view.get().messages, message],
      })
      return { seq }
    },
    resend: (clientId) => note('resend', clientId),
    discard: (clientId) => {
      note('discard', clientId)
      change({ pending: view.get().pending.filter((one) => one.clientId !== clientId) })
    },
    async act(card, seq, action, input) {
      note('act', { kind: card.kind, seq, action, input })
      return { state: {}, mine: null }
    },
    async recall(seq) {
      note('recall', seq)
      const recalled = { by: userId, at: now() }
      change({
        messages: view
          .get()
          .messages.map((one) => (one.seq === seq ? { ...one, body: null, state: null, recalled } : one)),
      })
    },
    async hide(seq) {
      note('hide', seq)
      change({ messages: view.get().messages.filter((one) => one.seq !== seq) })
    },
    ...fixturePages(view, older),
    markRead: (seq) => {
      note('markRead', seq)
      if (seq > view.get().readSeq) change({ readSeq: seq, unread: 0 })
    },
    typing: () => note('typing', first.groupId),
    close: () => {},
  }
}
function fixturePages(view: Settable<GroupView>, older: FixtureOptions['older']) {
  const loadOlder = async () => {
    const { messages } = view.get()
    const added = older?.(messages[0]?.seq ?? 1) ?? []
    const atStart = added.length === 0 || added[0]?.seq === 1
    view.set({ ...view.get(), messages: [...added, ...messages], atStart: atStart || view.get().atStart })
    return added.length > 0
  }
  const loadUntil = async (seq: number) => {
    while ((view.get().messages[0]?.seq ?? 0) > seq && (await loadOlder()));
    return view.get().messages.some((one) => one.seq === seq)
  }
  return { loadOlder, loadUntil }
}
