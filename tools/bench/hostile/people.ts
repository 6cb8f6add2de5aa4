/**
 * Two hundred people who do what people do, at planned instants, in a process of its own. Reads a plan (a JSON file
 * named by its argument), connects, and prints a line of figures for each window it is asked for by a signal.
 */
import { readFileSync } from 'node:fs'
import { Histogram } from '../histogram.ts'
import { phaseSignal } from '../phase-signal.ts'
import { signToken } from '../wire.ts'
import type { GoodFigures, GoodKind, GoodPerson, GoodPlan } from './plan.ts'
import { Asker, Talker, type Told } from './talker.ts'

/** Nobody waits longer. */
const patienceMs = 30_000
const addressCount = 50
const markedAt = Buffer.from('#g')
const markEnd = 0x23

interface Someone {
  readonly person: GoodPerson
  readonly number: number
  readonly token: string
  talker: Talker
  /** Under way while they come back. */
  return?: Promise<Told> | undefined
}
/** What is counted of one window. */
class Window {
  readonly byKind = new Map<string, Histogram>()
  readonly all = new Histogram()
  readonly refused: Record<string, number> = {}
  readonly cpuBefore = process.cpuUsage()
  readonly began = performance.now()
  waiting = 0

  add(kind: string, ms: number): void {
    let histogram = this.byKind.get(kind)
    if (histogram === undefined) this.byKind.set(kind, (histogram = new Histogram()))
    histogram.add(ms)
    this.all.add(ms)
  }
  refuse(kind: string, { status, code }: Told): void {
    const name = `${kind} ${status} ${code}`
    this.refused[name] = (this.refused[name] ?? 0) + 1
  }
  figures(): GoodFigures {
    const { user, system } = process.cpuUsage(this.cpuBefore)
    return {
      byKind: Object.fromEntries([...this.byKind].map(([kind, histogram]) => [kind, histogram.quantiles()])),
      all: this.all.quantiles(),
      refused: this.refused,
      generatorCpu: (user + system) / 1_000 / (performance.now() - this.began),
    }
  }
}

const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as GoodPlan
const asker = new Asker(plan, 100, '127.0.1.1')
let window: Window | undefined
let posts = 0
/** When each post of the window was planned, by its mark. */
const posted = new Map<number, { readonly plannedAt: number; readonly window: Window; readonly sender: number }>()
const everybody = plan.people.map((person, number): Someone => {
  const token = signToken(person.signing, person.userId)
  return { person, number, token, talker: connected(person, number) }
})

function connected(person: GoodPerson, number: number): Talker {
  return new Talker({
    ...{ host: plan.host, port: plan.port, userId: person.userId, signing: person.signing },
    localAddress: `127.0.0.${2 + (number % addressCount)}`,
    onRows: (bytes) => countMarks(bytes, number),
  })
}
/** The marks of posts that arrive at somebody else. */
function countMarks(bytes: Buffer, reader: number): void {
  for (let at = bytes.indexOf(markedAt); at >= 0; at = bytes.indexOf(markedAt, at + 2)) {
    const end = bytes.indexOf(markEnd, at + 2)
    if (end < 0 || end - at > 12) continue
    const post = posted.get(Number(bytes.toString('latin1', at + 2, end)))
    if (post !== undefined && post.sender !== reader) post.window.add('delivery', performance.now() - post.plannedAt)
  }
}
async function openScreens(someone: Someone): Promise<Told> {
  const groups = someone.person.groupIds.slice(0, 2).map((groupId) => ({ groupId, level: 'open' }))
  return someone.talker.ask({ op: 'subscribe', groups })
}
/** Who comes back already does not begin again. */
function comeBack(someone: Someone): Promise<Told> {
  return (someone.return ??= connectAnew(someone).finally(() => (someone.return = undefined)))
}
async function connectAnew(someone: Someone): Promise<Told> {
  someone.talker.cut()
  const talker = (someone.talker = connected(someone.person, someone.number))
  const isReady = await talker.ready
  return isReady ? openScreens(someone) : { status: 0, code: talker.ending, retryAfterMs: 0, body: '' }
}

type Deed = (someone: Someone, number: number, plannedAt: number) => Promise<Told>
const deeds: Readonly<Record<GoodKind, Deed>> = {
  post: ({ person, talker, number: sender }, number, plannedAt) => {
    const groupId = person.groupIds[number % 2]
    posts += 1
    if (window !== undefined) posted.set(posts, { plannedAt, window, sender })
    const body = { text: `明天上午十点新到一批豆子，先到先得，老顾客可以留一包 #g${posts}#` }
    return talker.ask({ op: 'send', groupId, clientId: `g${process.pid}-${posts}`, kind: 'text', body })
  },
  read: ({ person, talker }, number) =>
    talker.ask({ op: 'read', groupId: person.groupIds[number % 2], seq: Math.max(1, Math.floor(posts / 150)) }),
  list: ({ token }) => asker.ask({ method: 'GET', path: '/conversations', token }),
  open: ({ person, talker }, number) => {
    const groupId = person.groupIds[number % person.groupIds.length]
    return talker.ask({ op: 'subscribe', groups: [{ groupId, level: 'open' }] })
  },
  history: ({ person, token }, number) => {
    const groupId = person.groupIds[number % person.groupIds.length]
    return asker.ask({ method: 'GET', path: `/groups/${groupId}/messages?limit=50`, token })
  },
  vote: ({ person, token }, number) =>
    asker.ask({
      method: 'POST',
      path: `/groups/${person.groupIds[0]}/messages/${person.pollSeq}/actions/vote`,
      token,
      body: { choices: [number % 3] },
      key: `v${process.pid}-${number}`,
    }),
  connect: (someone) => comeBack(someone),
}

async function run(kind: GoodKind, number: number, plannedAt: number): Promise<void> {
  const own = window
  // Everybody in their turn, but not in the same order for every kind.
  const someone = everybody[(number * 7 + kind.length * 31) % everybody.length]!
  if (own !== undefined) own.waiting += 1
  const { talker } = someone
  const late = AbortSignal.timeout(patienceMs)
  const gaveUp = new Promise<Told>((resolve) =>
    late.addEventListener('abort', () => resolve({ status: 0, code: 'no answer', retryAfterMs: 0, body: '' })),
  )
  const told = await Promise.race([deeds[kind](someone, number, plannedAt), gaveUp])
  // Who lost their connection comes back, as any client does.
  if (someone.talker.isOver && kind !== 'connect') void comeBack(someone)
  if (own === undefined) return
  own.waiting -= 1
  // They themselves cut the connection it was asked on: nobody waited for it.
  if (told.status === 0 && kind !== 'connect' && talker !== someone.talker) return
  if (told.status === 0 || told.status >= 400) own.refuse(kind, told)
  own.add(kind, performance.now() - plannedAt)
}

/** Requests of one kind at even instants, whatever became of those before. */
function keepDoing(kind: GoodKind): void {
  const everyMs = 1_000 / plan.rates[kind]
  let next = performance.now() + everyMs * Math.random()
  let number = 0
  setInterval(() => {
    for (const now = performance.now(); next <= now; next += everyMs) void run(kind, (number += 1), next)
  }, 2)
}

async function measure(): Promise<void> {
  const own = (window = new Window())
  await new Promise((resolve) => setTimeout(resolve, plan.seconds * 1_000))
  window = undefined
  for (const until = performance.now() + patienceMs; own.waiting > 0 && performance.now() < until;)
    await new Promise((resolve) => setTimeout(resolve, 100))
  posted.clear()
  process.stdout.write(`${JSON.stringify(own.figures())}\n`)
}

for (const someone of everybody) if (await someone.talker.ready) await openScreens(someone)
const missing = everybody.filter(({ talker }) => talker.isOver).length
if (missing > 0) throw new Error(`${missing} of the good people could not connect`)
for (const kind of Object.keys(plan.rates) as GoodKind[]) keepDoing(kind)
process.on(phaseSignal, () => void measure())
process.stdout.write('{"ready":true}\n')
