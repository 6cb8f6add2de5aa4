/**
 * Fills a fresh server with the demo shop's people, groups and conversations, through the public API alone: as the host
 * with its API key, as people with tokens. Knows no table and no feature's code.
 */
import { createHash } from 'node:crypto'
import { createQunCalls, type QunAccess } from '@qun/app-demo-host/calls'
import { drawPhoto, type Photo } from '@qun/app-demo-host/pictures'
import {
  groupsIn,
  invitationWords,
  merchantOf,
  openingPoints,
  people,
  shopIdIn,
  shopName,
  staffKeys,
  userIdOf,
  type DrawScript,
  type GroupScript,
  type Lang,
  type Line,
} from '@qun/app-demo-host/story'
import sharp from 'sharp'

export interface SeedOptions extends QunAccess {
  /** Where people's pictures are. */
  readonly hostUrl: string
  readonly langs: readonly Lang[]
  /** The server's clock; the story is told at its own pace by moving it. */
  readonly clock: SeedClock
}
/** A clock that runs behind the wall clock and catches up. */
export interface SeedClock {
  now(): number
  /** Moves on; never past the wall clock. */
  pass(durationMs: number): void
}

const minuteMs = 60_000
/** Groups end at different times, in minutes before the end of all, so that the list of conversations has an order. */
const endOffsets: Readonly<Record<GroupScript['key'], number>> = { friends: 0, bread: 34, brewing: 190 }
/** A draw is held this long after its entries close. */
const drawAfterMs = 10_000
/** How often and how long a drawn card is waited for. */
const drawPollMs = 100
const drawWaitMs = 20_000

/** A clock for `createServer` and `seed` that begins `behindMs` in the past; real time once everything is told. */
export function createSeedClock(wall: () => number, behindMs: number): SeedClock {
  let leftMs = behindMs
  return {
    now: () => wall() - leftMs,
    pass: (durationMs) => {
      leftMs = Math.max(0, leftMs - durationMs)
    },
  }
}
/** How far back the clock begins, so that the last words are a minute old. */
export function storyLengthMs(langs: readonly Lang[]): number {
  const minutes = langs.flatMap((lang) => groupsIn[lang].map((script) => lengthOf(script) + endOffsets[script.key]))
  return (Math.max(...minutes) + 60) * minuteMs
}

/** One line of the story at its place in time, in minutes before the end. */
interface Cue {
  readonly group: Told
  readonly line: Line
  readonly index: number
  readonly beforeEnd: number
}
/** A group while its story is told. */
interface Told {
  readonly script: GroupScript
  readonly lang: Lang
  readonly groupId: string
  readonly seqOf: Map<string, number>
  lastSeq: number
}

/** Tells the whole story; the clock has caught up with real time afterwards. */
export async function seed(options: SeedOptions): Promise<void> {
  const { clock } = options
  const plans = options.langs.flatMap((lang) => groupsIn[lang].map((script) => ({ lang, script })))
  const endsAt = clock.now() + storyLengthMs(options.langs) - minuteMs
  const speak = createVoice(options)
  for (const lang of options.langs) await addPeople(speak, options.hostUrl, lang)
  const groups: Told[] = []
  for (const { lang, script } of plans) groups.push(await addGroup(speak, script, lang))
  const cues = groups.flatMap(cuesOf).toSorted((a, b) => b.beforeEnd - a.beforeEnd || a.index - b.index)
  for (const cue of cues) {
    clock.pass(Math.max(0, endsAt - cue.beforeEnd * minuteMs - clock.now()))
    await tell(speak, cue, clock)
  }
  for (const group of groups) await markRead(speak, group)
  clock.pass(Number.MAX_SAFE_INTEGER)
}

function lengthOf(script: GroupScript): number {
  return script.lines.reduce((sum, line) => sum + (line.after ?? 1), 0)
}
function cuesOf(group: Told): Cue[] {
  let beforeEnd = lengthOf(group.script) + endOffsets[group.script.key]
  return group.script.lines.map((line, index) => {
    beforeEnd -= line.after ?? 1
    return { group, line, index, beforeEnd }
  })
}

// ── speaking to the server ──
interface Voice {
  readonly host: (method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) => Promise<any>
  readonly as: (userId: string, method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) => Promise<any>
  readonly upload: (userId: string, path: string, picture: Uint8Array<ArrayBuffer>) => Promise<any>
  /** The same key each time the story is told, so that telling it again posts nothing twice. */
  readonly keyOf: (cue: Cue, part?: string) => string
}
function createVoice(options: SeedOptions): Voice {
  const calls = createQunCalls(options, undefined, options.clock.now)
  let count = 0
  const ask = async (
    userId: string,
    method: string,
    path: string,
    type: string,
    body: string | Uint8Array<ArrayBuffer> | null,
  ) => {
    count += 1
    const answer = await fetch(`${options.qunUrl}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await calls.mintToken(userId)}`,
        ...(body !== null && { 'content-type': type }),
        ...(method !== 'GET' && { 'idempotency-key': `seed-${count}` }),
      },
      body,
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${userId} ${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  return {
    host: (method, path, body) => calls.call(method, path, body),
    as: (userId, method, path, body) =>
      ask(userId, method, path, 'application/json', body === undefined ? null : JSON.stringify(body)),
    upload: (userId, path, picture) => ask(userId, 'POST', path, 'image/png', picture),
    keyOf: (cue, part = '') => `seed-${cue.group.lang}-${cue.group.script.key}-${cue.index}${part}`,
  }
}

async function addPeople(speak: Voice, hostUrl: string, lang: Lang): Promise<void> {
  for (const person of people) {
    const userId = encodeURIComponent(userIdOf(person.key, lang))
    await speak.host('PUT', `/users/${userId}`, {
      name: person.name[lang],
      avatar: `${hostUrl}/art/people/${person.key}.svg`,
      badge: person.badge,
    })
  }
  // Points are a merchant's: it is known before it gives any.
  const merchantId = shopIdIn(lang)
  await speak.host('PUT', `/merchants/${merchantId}`, { name: shopName[lang] })
  for (const [key, amount] of Object.entries(openingPoints)) {
    const userId = userIdOf(key, lang)
    await speak.host('POST', '/points/grants', { ref: `seed-${userId}`, merchantId, userId, amount })
  }
}
/** The host says who stands behind a group, and who may give there. */
async function addMerchant(speak: Voice, script: GroupScript, lang: Lang): Promise<{ merchantId?: string }> {
  const merchant = merchantOf(script.key, lang)
  if (merchant === null) return {}
  // The class gives the shop's points: what one gave is spent with the other.
  await speak.host('PUT', `/merchants/${merchant.id}`, { name: merchant.name, programme: shopIdIn(lang) })
  const abilities = ['talk-as', 'moderate', 'issue', 'read-numbers', 'manage']
  const work = { post: lang === 'zh' ? '店长' : 'Keeper', abilities }
  for (const key of staffKeys)
    await speak.host('PUT', `/merchants/${merchant.id}/staff/${encodeURIComponent(userIdOf(key, lang))}`, work)
  return { merchantId: merchant.id }
}
async function addGroup(speak: Voice, script: GroupScript, lang: Lang): Promise<Told> {
  const id = (key: string) => userIdOf(key, lang)
  const { groupId } = await speak.host('POST', '/host/groups', {
    name: script.name,
    ...(await addMerchant(speak, script, lang)),
    ownerId: id('wang'),
    adminIds: script.admins.map(id),
    memberIds: script.members.map(id),
    settings: { description: script.description, history: 'recent' },
  })
  if (script.key === 'friends') {
    await speak.as(id('wang'), 'PUT', `/groups/${groupId}/order-invitation`, {
      active: true,
      on: 'received',
      shopId: shopIdIn(lang),
      shopName: shopName[lang],
      coolDownDays: 30,
      maxPerMonth: 2,
      message: invitationWords[lang],
    })
  }
  return { script, lang, groupId, seqOf: new Map(), lastSeq: 0 }
}

// ── telling ──
async function tell(speak: Voice, cue: Cue, clock: SeedClock): Promise<void> {
  const { group, line } = cue
  const by = userIdOf(line.by, group.lang)
  const posted = await speak.as(by, 'POST', `/groups/${group.groupId}/messages`, {
    clientId: speak.keyOf(cue),
    ...(await messageOf(speak, cue, clock)),
  })
  const seq = posted.seq as number
  group.lastSeq = seq
  if (line.key !== undefined) group.seqOf.set(line.key, seq)
  if (line.recalled) await speak.as(by, 'POST', `/groups/${group.groupId}/messages/${seq}/recall`, {})
  for (const [emoji, keys] of Object.entries(line.reactions ?? {})) {
    for (const key of keys) await act(speak, group, key, seq, 'react', { emoji, on: true })
  }
  for (const { by: key, action, input } of line.play?.acts ?? [])
    await act(speak, group, key, seq, action, input(group.lang))
  if (line.draw) await playDraw(speak, cue, line.draw, seq, clock)
}
const act = (speak: Voice, group: Told, key: string, seq: number, action: string, input: unknown) =>
  speak.as(userIdOf(key, group.lang), 'POST', `/groups/${group.groupId}/messages/${seq}/actions/${action}`, input)

async function messageOf(
  speak: Voice,
  { group, line }: Cue,
  clock: SeedClock,
): Promise<{ kind: string; body: unknown }> {
  if (line.play) return { kind: line.play.kind, body: line.play.body(clock.now(), group.lang) }
  if (line.draw) return { kind: 'lucky-draw', body: drawBody(line.draw, group.lang, clock.now()) }
  if (line.picture) return { kind: 'image', body: await pictureBody(speak, group, line, line.picture) }
  const quoted = line.quote === undefined ? undefined : group.seqOf.get(line.quote)
  const body = {
    text: line.text ?? '',
    ...(quoted !== undefined && { quote: { seq: quoted } }),
    ...(line.mention && { mentions: line.mention.map((key) => userIdOf(key, group.lang)) }),
  }
  return { kind: 'text', body }
}
async function pictureBody(speak: Voice, group: Told, line: Line, photo: Photo) {
  const picture = await sharp(Buffer.from(drawPhoto(photo)), { density: 144 })
    .resize(1_200)
    .png({ palette: true })
    .toBuffer()
  const { mediaId, w, h } = await speak.upload(
    userIdOf(line.by, group.lang),
    `/groups/${group.groupId}/media`,
    new Uint8Array(picture),
  )
  return { mediaId, w, h, alt: line.text }
}

const worthFen = 5_900
function drawBody(draw: DrawScript, lang: Lang, now: number) {
  const closesAt = Math.round(now) + draw.closesAfter * minuteMs
  return {
    title: draw.title,
    prizes: draw.prizes.map((prize) => ({ ...prize, valueFen: worthFen })),
    closesAt,
    drawsAt: closesAt + drawAfterMs,
    organiser: shopName[lang],
    contact: lang === 'zh' ? '群内 @王店长 或到店' : '@Wang in this group, or at the counter',
    conditions: draw.conditions,
    method: draw.claim,
    entropy: { mode: 'group' },
  }
}
async function playDraw(speak: Voice, cue: Cue, draw: DrawScript, seq: number, clock: SeedClock): Promise<void> {
  const { group } = cue
  for (const key of draw.entrants) {
    // A fixed number per entrant: a seeded draw comes out the same only if the server's seed does, which it does not.
    const nonce = createHash('sha256')
      .update(speak.keyOf(cue, `-${key}`))
      .digest('hex')
      .slice(0, 32)
    await act(speak, group, key, seq, 'enter', { nonce })
    clock.pass(minuteMs / 2)
  }
  if (!draw.drawn) return
  clock.pass(draw.closesAfter * minuteMs + 2 * drawAfterMs)
  for (let waitedMs = 0; waitedMs < drawWaitMs; waitedMs += drawPollMs) {
    const { message } = await speak.as(userIdOf('wang', group.lang), 'GET', `/groups/${group.groupId}/messages/${seq}`)
    if (message.state.phase === 'drawn') return
    await new Promise((resolve) => setTimeout(resolve, drawPollMs))
  }
  throw new Error(`the seeded draw at ${seq} was not drawn within ${drawWaitMs} ms`)
}

/** How many of the last messages each person has not read; nobody has seen everything. */
const unreadOf: Readonly<Record<string, number>> = { wang: 2, he: 1, li: 1, zhao: 2, sun: 0 }
async function markRead(speak: Voice, group: Told): Promise<void> {
  const { script, lang, groupId } = group
  for (const key of ['wang', ...script.admins, ...script.members]) {
    const seq = Math.max(0, group.lastSeq - (unreadOf[key] ?? 0))
    await speak.as(userIdOf(key, lang), 'PUT', `/groups/${groupId}/read`, { seq })
  }
}
