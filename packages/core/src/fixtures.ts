/** What the engine's own tests share: a feature whose handlers a test writes, and the moves of fuzz runs. */
import {
  type AppId,
  closed,
  defineCard,
  defineEndpoint,
  defineRecord,
  type GroupId,
  refusal,
  type Role,
  Type,
  type UserId,
} from '@qun/contract'
import { features as shipped } from '@qun/chat/server'
import {
  addMembers,
  changeGroup,
  leaveGroup,
  muteMember,
  removeMember,
  setNickname,
  setRole,
  unmuteMember,
} from '@qun/features/people/membership/contract'
import membership from '@qun/features/people/membership/server'
import { textMessage } from '@qun/features/words/message/contract'
import message from '@qun/features/words/message/server'
import { type Migration, rls, type Tx } from '@qun/storage'
import { sql } from 'kysely'
import type { At, FuzzMoves, FuzzTurn, Person, UnreadMoves, World } from '@qun/testing'
import { must } from './host/assert.ts'
import {
  type ActionCall,
  type CardCall,
  defineFeature,
  type EndpointCall,
  type Feature,
  type Reaction,
  serveCard,
  serveEndpoint,
} from './host/feature.ts'

/** A card that counts; `do` runs whatever a test put under `step`. */
export const counter = defineCard({
  kind: 'lab-counter',
  doc: 'A card that counts, for tests.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ title: Type.String() }),
  state: closed({ total: Type.Integer(), note: Type.Optional(Type.String()) }),
  initial: { total: 0 },
  mine: closed({ added: Type.Integer() }),
  actions: {
    add: { by: 'member', input: closed({ by: Type.Integer() }), errors: ['lab.refused'] },
    do: { by: 'member', input: closed({ step: Type.String() }), errors: ['lab.refused'] },
    admins: { by: 'admin', input: closed({}), errors: [] },
    owners: { by: 'owner', input: closed({}), errors: [] },
    own: { by: 'sender', input: closed({}), errors: [] },
    host: { by: 'server', input: closed({}), errors: [] },
    buy: { by: 'member', input: closed({}), errors: [], commerce: true },
  },
  facts: {
    'lab.added': closed({ by: Type.Integer(), userId: Type.String() }),
    'lab.done': closed({ n: Type.Integer() }),
  },
  refusals: {
    'lab.refused': refusal(409, 'never', '不行', 'Refused by a test'),
    'lab.locked': refusal(409, 'never', '不能撤回', 'Not to be recalled'),
  },
  summary: (body) => `[${body.title}]`,
})
/** A card without anything to do. */
const bare = { mine: closed({}), actions: {}, facts: {}, refusals: {} } as const
/** A line that counts as unread, posted by people and by handlers. */
export const note = defineCard({
  kind: 'lab-note',
  doc: 'A plain line, for tests.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ text: Type.String() }),
  state: closed({}),
  initial: {},
  ...bare,
  summary: (body) => body.text,
})
/** A card whose first state a test makes, in the transaction of the post. */
export const opened = defineCard({
  kind: 'lab-opened',
  doc: 'A card that opens with work to do, for tests.',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ step: Type.String() }),
  state: closed({ note: Type.String() }),
  ...bare,
  summary: () => '[opened]',
})
/** Kinds reserved to roles, the host, and people who are no guests. */
const reserved = (kind: string, post: { by: Role | 'server'; commerce?: boolean }) =>
  defineCard({
    kind,
    doc: 'A reserved kind, for tests.',
    post,
    gives: 'nothing',
    body: closed({}),
    state: closed({}),
    initial: {},
    ...bare,
    summary: () => `[${kind}]`,
  })
export const byAdmin = reserved('lab-admin', { by: 'admin' })
export const byOwner = reserved('lab-owner', { by: 'owner' })
export const byHost = reserved('lab-host', { by: 'server' })
export const commerce = reserved('lab-commerce', { by: 'member', commerce: true })

export const pin = defineRecord({
  kind: 'lab-pin',
  stream: 'group',
  doc: 'A record all members see, for tests.',
  body: closed({ text: Type.String() }),
})
export const offer = defineRecord({
  kind: 'lab-offer',
  stream: 'user',
  doc: 'A record one person sees, for tests.',
  body: closed({ text: Type.String() }),
})

const stepBody = closed({ step: Type.String() })
const endpointOf = (name: string, by: 'open' | 'user' | 'server', method: 'POST' | 'GET' = 'POST') =>
  defineEndpoint({
    name: `lab.${name}`,
    method,
    path: `/lab/${name}`,
    doc: 'Runs a step of a test.',
    by,
    ...(method === 'GET' ? { query: stepBody } : { body: stepBody }),
    answer: Type.Unknown(),
    errors: ['lab.refused'],
    facts: counter.facts,
  })
const groupEndpointOf = (by: 'member' | 'admin' | 'owner') =>
  defineEndpoint({
    name: `lab.${by}`,
    method: 'POST',
    path: `/groups/:groupId/lab/${by}`,
    doc: 'Runs a step of a test for a role.',
    by,
    params: closed({ groupId: Type.String() }),
    body: stepBody,
    answer: Type.Unknown(),
  })
export const labEndpoints = {
  open: endpointOf('open', 'open'),
  user: endpointOf('user', 'user'),
  reading: endpointOf('reading', 'user', 'GET'),
  server: endpointOf('server', 'server'),
  member: groupEndpointOf('member'),
  admin: groupEndpointOf('admin'),
  owner: groupEndpointOf('owner'),
} as const

const migrations: readonly Migration[] = [
  {
    id: 'lab-001',
    up: [
      `CREATE TABLE lab_lines (app_id text NOT NULL, line text NOT NULL, PRIMARY KEY (app_id, line))`,
      rls('lab_lines'),
    ],
  },
]

export type CounterAction = ActionCall<typeof counter>
type CounterCard = CardCall<typeof counter>
type Decide = (call: EndpointCall<any>) => unknown

/** The feature `lab`; a test adds what its handlers do, by name, also while the world runs. */
export interface Lab {
  readonly feature: Feature
  /** All that a world of this lab needs. */
  readonly features: readonly Feature[]
  readonly steps: Map<string, (call: CounterAction) => void | Promise<void>>
  readonly openings: Map<string, () => string>
  readonly jobs: Map<string, (call: CounterCard, input: unknown) => void | Promise<void>>
  /** The code with which a counter refuses to be recalled; undefined lets it go. */
  locked: string | undefined
  /** Runs in the decision that recalls a counter. */
  onRecall: (call: CounterCard) => void
  /** Runs `work` as one decision on behalf of a person, or of the host. */
  decide<T>(person: Person, work: (call: EndpointCall<any>) => Promise<T> | T, key?: string): Promise<T>
  decideAsHost<T>(world: World, work: (call: EndpointCall<any>) => Promise<T> | T): Promise<T>
  /** Puts `work` under a name, for requests a test makes itself. */
  name(step: string, work: Decide): void
}

export function createLab(options: { readonly reactions?: readonly Reaction[] } = {}): Lab {
  const decisions = new Map<string, Decide>()
  let lastStep = 0
  const endpoints = Object.values(labEndpoints).map((endpoint) =>
    serveEndpoint(endpoint, (call) => {
      const asked = (endpoint.method === 'GET' ? call.query : call.body) as { step: string }
      return must(decisions.get(asked.step), `step ${asked.step}`)(call)
    }),
  )
  const counterServer = serveCard(counter, {
    actions: {
      async add(call, input) {
        const before = (await call.mineOf(call.actorId))?.added ?? 0
        call.setState({ ...call.state, total: call.state.total + input.by })
        call.setMine(call.actorId, { added: before + input.by })
        call.record('lab.added', { by: input.by, userId: call.actorId })
      },
      do: (call, input) => must(lab.steps.get(input.step), `step ${input.step}`)(call),
      admins: () => undefined,
      owners: () => undefined,
      own: () => undefined,
      host: () => undefined,
      buy: () => undefined,
    },
    jobs: {
      due: (call, input) => must(lab.jobs.get('due'), 'job due')(call, input),
      later: (call, input) => must(lab.jobs.get('later'), 'job later')(call, input),
    },
    recallable: () => lab.locked ?? true,
    recalled: (call) => lab.onRecall(call),
  })
  const openedServer = serveCard(opened, {
    open: (call) => ({ note: must(lab.openings.get(call.body.step), `opening ${call.body.step}`)() }),
  })
  const plain = [note, byAdmin, byOwner, byHost, commerce].map((card) => serveCard(card, {}))
  const feature = defineFeature({
    name: 'lab',
    migrations,
    cards: [counterServer, openedServer, ...plain],
    records: [pin, offer],
    endpoints,
    reactions: options.reactions ?? [],
  })
  const lab: Lab = {
    feature,
    features: [message, membership, feature],
    steps: new Map(),
    openings: new Map(),
    jobs: new Map(),
    locked: undefined,
    onRecall: () => undefined,
    name: (step, work) => void decisions.set(step, work),
    decide(person, work, key) {
      const step = `step-${++lastStep}`
      decisions.set(step, work)
      return person.call(labEndpoints.user, { body: { step }, ...(key === undefined ? {} : { key }) }) as Promise<any>
    },
    decideAsHost(world, work) {
      const step = `step-${++lastStep}`
      decisions.set(step, work)
      return world.asServer().call(labEndpoints.server, { body: { step } }) as Promise<any>
    },
  }
  return lab
}

/** Writes into the lab's own table; a line that is there already breaks a unique key. */
export async function addLine(tx: Tx, appId: AppId, line: string): Promise<void> {
  await sql`INSERT INTO lab_lines (app_id, line) VALUES (${appId}, ${line})`.execute(tx)
}
export async function listLines(world: World): Promise<string[]> {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ line: string }>`SELECT line FROM lab_lines ORDER BY line`.execute(tx),
  )
  return rows.map((row) => row.line)
}

/** Every message of a group as stored, in order of `seq`. */
export interface StoredMessage {
  readonly seq: number
  readonly version: number
  readonly sender_id: string
  readonly client_id: string
  readonly kind: string
  readonly body: string | null
  readonly at: number
  readonly ordinal: number
  readonly own: number
  readonly countable: boolean
}
export async function listStored(world: World, groupId: GroupId = world.groupId): Promise<StoredMessage[]> {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<StoredMessage>`SELECT * FROM messages WHERE group_id = ${groupId} ORDER BY seq`.execute(tx),
  )
  return rows
}
/** Counts rows of a table of the engine, all apps together. */
export async function countRows(world: World, table: string, where = sql<boolean>`true`): Promise<number> {
  const { rows } = await world.store.reading('*', (tx) =>
    sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)} WHERE ${where}`.execute(tx),
  )
  return rows[0]?.n ?? 0
}
/** A fresh counter in the shop's group, posted by 小李. */
export async function postCounter(world: World, title = '计数'): Promise<At> {
  return world.as('li').post(world.groupId, counter, { title })
}
export const id = (name: string) => name as UserId
/** The numbers from 1 to `last`. */
export const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

// ── fuzz runs ──
const inGroup = (turn: FuzzTurn) => ({ params: { groupId: turn.groupId } })
const other = (turn: FuzzTurn) => turn.pick(['he', 'li', 'zhao', 'sun'].map(id))
const say = async (turn: FuzzTurn, text: string, mentions?: readonly (UserId | '*')[]) => {
  const body = { text, ...(mentions === undefined ? {} : { mentions: [...mentions] }) }
  turn.remember('text', await turn.person.post(turn.groupId, textMessage, body))
}
const onText = (turn: FuzzTurn, act: (at: At) => Promise<unknown>, at = turn.recent('text')) =>
  at === undefined ? undefined : act(at)
/** Where it ships: the engine's own tests hold without any feature but the base. */
const draw = shipped.flatMap((feature) => feature.cards ?? []).find(({ card }) => card.kind === 'lucky-draw')?.card

/** What people do with the features that ship: words, reactions, members, roles, names, mutes, draws. */
export const fuzzMoves: FuzzMoves = {
  features: shipped,
  moves: {
    'say*3': (turn) => say(turn, `第 ${turn.n} 句话`),
    burst: (turn) => Promise.all(upTo(4).map((n) => say(turn, `第 ${turn.n} 句之 ${n}`))),
    mention: (turn) => say(turn, `@ ${turn.n}`, turn.random() < 0.3 ? ['*'] : [other(turn), other(turn)]),
    quote: (turn) =>
      onText(turn, async (at) => {
        turn.remember(
          'text',
          await turn.person.post(turn.groupId, textMessage, { text: '引用', quote: { seq: at.seq } }),
        )
      }),
    'react*2': (turn) =>
      onText(turn, (at) =>
        turn.person.act(at, textMessage, 'react', { emoji: turn.pick(['👍', '❤️', '😂']), on: turn.random() < 0.7 }),
      ),
    edit: (turn) =>
      onText(turn, (at) => turn.person.act(at, textMessage, 'edit', { text: `改为 ${turn.n}`, ifEdits: 0 })),
    leave: (turn) => turn.person.call(leaveGroup, { ...inGroup(turn), body: {} }),
    'join*2': (turn) =>
      turn.world.as('wang').call(addMembers, { ...inGroup(turn), body: { userIds: [turn.person.userId] } }),
    remove: (turn) =>
      turn.person.call(removeMember, { params: { groupId: turn.groupId, userId: other(turn) }, body: {} }),
    rename: (turn) => turn.person.call(changeGroup, { ...inGroup(turn), body: { name: `群 ${turn.n}` } }),
    nickname: (turn) =>
      turn.person.call(setNickname, {
        ...inGroup(turn),
        body: { nickname: turn.random() < 0.7 ? `昵称 ${turn.n}` : null },
      }),
    name: (turn) =>
      turn.world.core.putUser(turn.person.principal.appId, { userId: turn.person.userId, name: `名字 ${turn.n % 7}` }),
    role: (turn) =>
      turn.world.as('wang').call(setRole, {
        params: { groupId: turn.groupId, userId: other(turn) },
        body: { role: turn.random() < 0.5 ? 'admin' : 'member' },
      }),
    mute: (turn) =>
      turn.person.call(muteMember, {
        params: { groupId: turn.groupId, userId: other(turn) },
        body: { durationMs: 60_000 },
      }),
    muteAll: (turn) => turn.person.call(changeGroup, { ...inGroup(turn), body: { muteAll: turn.random() < 0.2 } }),
    draw: async (turn) => {
      if (draw === undefined) return
      const at = turn.world.time.now() + 65_000
      const told = { organiser: '山茶咖啡', contact: '021-5555 0100', conditions: '每人一次', method: '到店领取' }
      const prizes = [{ name: '手冲', quantity: 1, valueFen: 3_800 }]
      const body = { title: `抽奖 ${turn.n}`, closesAt: at, drawsAt: at, ...told, prizes }
      turn.remember('draw', await turn.world.as('wang').post(turn.groupId, draw, body))
    },
    'enter*2': (turn) => {
      const at = turn.recent('draw')
      return at === undefined || draw === undefined ? undefined : turn.person.act(at, draw, 'enter', {})
    },
    cancel: (turn) => {
      const at = turn.random() < 0.3 ? turn.recent('draw') : undefined
      return at === undefined || draw === undefined
        ? undefined
        : turn.person.act(at, draw, 'cancel', { reason: '改期' })
    },
  },
}

/** The same features for walks of one reader. */
export const unreadMoves: UnreadMoves = {
  features: [message, membership],
  say: (person, groupId, text, mentions) =>
    person.post(groupId, textMessage, { text, ...(mentions.length === 0 ? {} : { mentions: [...mentions] }) }),
  edit: (person, at) => person.act(at, textMessage, 'edit', { text: '改过', ifEdits: 0 }),
  react: (person, at) => person.act(at, textMessage, 'react', { emoji: '👍', on: true }),
  leave: (person, groupId) => person.call(leaveGroup, { params: { groupId }, body: {} }),
  add: (by, groupId, userId) => by.call(addMembers, { params: { groupId }, body: { userIds: [userId] } }),
  mute: (by, groupId, userId, isMuted) =>
    isMuted
      ? by.call(muteMember, { params: { groupId, userId }, body: { durationMs: 60_000 } })
      : by.call(unmuteMember, { params: { groupId, userId } }),
}
