/**
 * Ten thousand members open a packet of a hundred shares at once, over HTTP at the server as it ships; then at the
 * textbook's server on the same PostgreSQL, a locked row per grab. `node tools/bench/grabs.ts [--members 10000]
 * [--shares 100] [--connections 100] [--depth 20] [--rounds 3] [--profile]`. Ends with 1 when a figure of promises
 * P13 is missed. With `--profile` it says where the time of the grabs went, and leaves the textbook out.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { engineEndpoints, mainMerchant, type AppId, type ParamsOf, type RequestOf } from '@qun/contract'
import { transfer } from '@qun/ledger'
import { findRunningEmbedded, openStore } from '@qun/storage'
import { startChild } from './child.ts'
import type { GrabFigures, GrabPlan } from './grabs-load.ts'
import { untilDigested } from './digested.ts'
import { HostApi, inParallel } from './host-api.ts'
import { canPin, generatorCpu, serverCpu, startQun, type QunChild } from './peers.ts'
import { countStatements, describePhase, phaseFile } from './phase-profile.ts'
import { phaseSignal } from './phase-signal.ts'
import { readFamilyUse } from './process-stat.ts'
import { signToken } from './wire.ts'
import { makeWorkFolder } from './work-folder.ts'

/** Promises P13: ten thousand grabs within three seconds. */
const secondsMax = 3
/** How many times as long the textbook's way must take. */
const ratioMin = 5

const { values: options } = parseArgs({
  options: {
    members: { type: 'string', default: '10000' },
    shares: { type: 'string', default: '100' },
    connections: { type: 'string', default: '100' },
    depth: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
  },
})
const members = Number(options.members)
const shares = Number(options.shares)
const work = makeWorkFolder('qun-grabs')
const dataDir = join(work, 'qun')
const folder = join(work, 'profile')

const server = await startQun({ dataDir, ...(options.profile ? { args: await makeProfiled() } : {}) })
const host = new HostApi(server.ready)
const names = Array.from({ length: members }, (_, i) => `g${i}`)
const databaseUrl = await findRunningEmbedded(join(dataDir, 'database'))
if (databaseUrl === undefined) throw new Error('the server runs no database of its own')
const groupId = await prepare()
const faults: string[] = []
const ratios: number[] = []
if (options.profile) process.kill(server.pid, phaseSignal)
// One after the other: a machine that has a slow moment is to have it for both.
for (let round = 1; round <= Number(options.rounds); round += 1) {
  const seconds = await grab(round)
  if (!options.profile) ratios.push((await textbook(databaseUrl)).seconds / seconds)
}
if (options.profile) await showProfile()
else {
  const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]!
  console.log(`${ratio.toFixed(1)} × the textbook, the median of ${ratios.map((one) => one.toFixed(1)).join(', ')}`)
  if (ratio < ratioMin) faults.push(`${ratio.toFixed(1)} × the textbook, less than ${ratioMin} ×`)
}
await server.stop()
for (const fault of faults) console.error(`MISSED: ${fault}`)
process.exit(faults.length === 0 ? 0 : 1)

/** People, their group, and points for who sends the packets. */
async function prepare(): Promise<string> {
  const startedAt = performance.now()
  await inParallel(['owner', ...names], 24, (userId) => host.putUser(userId, userId))
  await host.putMerchant(mainMerchant, 'Grabs')
  const made = await host.makeGroup('Grabs', ['owner', ...names], mainMerchant)
  await fund(server, databaseUrl!)
  await untilDigested(databaseUrl!)
  console.log(`${members} members in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  return made
}
async function fund({ ready }: QunChild, url: string): Promise<void> {
  const store = await openStore({ url, poolSize: 1 })
  const appId = ready.signing.appId as AppId
  await store.transaction(appId, (tx) =>
    transfer(
      { tx, appId, now: Date.now(), randomHex: (bytes = 16) => '0'.repeat(bytes * 2) },
      {
        ref: 'points/fund/bench',
        currency: 'points',
        legs: [
          { account: 'issuer/bench', amount: -100_000_000 },
          { account: 'user/owner', amount: 100_000_000 },
        ],
        reason: 'points.fund',
      },
    ),
  )
  await store.close()
}

async function grab(round: number): Promise<number> {
  const amount = shares * 100 + round
  const body = { currency: 'points', amount, count: shares, split: 'lucky' }
  type Post = typeof engineEndpoints.post
  const { seq } = await host.call(engineEndpoints.post, {
    params: { groupId } as ParamsOf<Post>,
    body: { clientId: `packet-${round}`, kind: 'red-packet', body } as RequestOf<Post>,
    token: signToken(server.ready.signing, 'owner'),
  })
  const before = readFamilyUse(server.pid)
  const figures = await load(planOf(server.ready.port, (name) => headOf(name, seq)))
  const after = readFamilyUse(server.pid)
  const perGrab = ((after.ownCpuSeconds - before.ownCpuSeconds) / members) * 1e6
  const database = after.childCpuSeconds - before.childCpuSeconds
  console.log(
    `round ${round}: ${figures.seconds.toFixed(2)} s, ${Math.round(members / figures.seconds)} grabs/s; ` +
      `last success after ${figures.lastSuccessMs.toFixed(0)} ms, answers p50 ${figures.p50Ms.toFixed(0)} ms, ` +
      `p99 ${figures.p99Ms.toFixed(0)} ms; server ${perGrab.toFixed(0)} µs of CPU a grab, database ${database.toFixed(2)} s`,
  )
  console.log(`  ${JSON.stringify(figures.answers)}`)
  check(round, figures, amount)
  return figures.seconds
}
function check(round: number, figures: GrabFigures, amount: number): void {
  const { answers, amounts, seconds, lateSuccesses } = figures
  const expect = (holds: boolean, what: string) => void (holds || faults.push(`round ${round}: ${what}`))
  const winners = Math.min(shares, members)
  expect(answers['200'] === winners && amounts.length === winners, `${amounts.length} successes for ${winners} shares`)
  expect(members <= shares || answers['409 redpacket.empty'] === members - shares, 'some were refused otherwise')
  expect(members < shares || amounts.reduce((a, b) => a + b, 0) === amount, 'the shares do not sum to the packet')
  expect(lateSuccesses === 0, `${lateSuccesses} had a share after somebody was told that none is left`)
  expect(seconds <= secondsMax, `${seconds.toFixed(2)} s, more than ${secondsMax} s`)
}
function headOf(name: string, seq: number): string {
  return (
    `POST /v1/groups/${groupId}/messages/${seq}/actions/open HTTP/1.1\r\n` +
    `Authorization: Bearer ${signToken(server.ready.signing, name)}\r\nIdempotency-Key: ${name}-${seq}\r\n`
  )
}
function planOf(port: number, head: (name: string) => string): GrabPlan {
  const rest = 'Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
  const [connections, depth] = [Number(options.connections), Number(options.depth)]
  return { host: '127.0.0.1', port, connections, depth, requests: names.map((name) => head(name) + rest) }
}
async function load(plan: GrabPlan): Promise<GrabFigures> {
  const path = join(work, 'plan.json')
  writeFileSync(path, JSON.stringify(plan))
  const child = await startChild({
    command: fileURLToPath(new URL('./grabs-load.ts', import.meta.url)),
    args: [path],
    ...(canPin() ? { cpus: generatorCpu } : {}),
  })
  let figures: GrabFigures | undefined
  for await (const line of child.lines) figures = JSON.parse(line) as GrabFigures
  const code = await child.ended
  if (figures === undefined) throw new Error(`the load ended with ${code}`)
  return figures
}

/** The same load at the textbook's server, pinned as Qun's is; its PostgreSQL is Qun's. */
async function textbook(url: string): Promise<GrabFigures> {
  const child = await startChild({
    command: fileURLToPath(new URL('./peers/textbook.ts', import.meta.url)),
    args: [url, String(shares)],
    ...(canPin() ? { cpus: serverCpu } : {}),
  })
  const figures = await load(planOf(child.said['port'] as number, (name) => `POST /grab/${name} HTTP/1.1\r\n`))
  await child.stop()
  if (figures.amounts.length !== Math.min(shares, members)) throw new Error('the textbook lost count')
  console.log(`  the textbook, a locked row per grab: ${figures.seconds.toFixed(2)} s`)
  return figures
}

/** Arguments of a server whose grabs are profiled, with a database that counts its statements. */
async function makeProfiled(): Promise<string[]> {
  mkdirSync(folder)
  // The database is made first: what it counts is set where it lives.
  const first = await startQun({ dataDir })
  await first.stop()
  countStatements(dataDir)
  return ['--phase', folder]
}
async function showProfile(): Promise<void> {
  process.kill(server.pid, phaseSignal)
  const path = join(folder, phaseFile)
  while (!existsSync(path)) await pause(100)
  console.log(describePhase(path))
}
