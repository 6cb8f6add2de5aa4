/**
 * Measures workloads A–F and G10: Qun as it ships against the peers of this machine, one server core beside one
 * generator core.
 *
 * `npm run bench -- [A A2 B C D E E20 F G10] [--quick] [--profile [--phase 0]] [--pin-database] [--only qun,c]
 * [--out FILE]`.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findRunningEmbedded } from '@qun/storage'
import { startChild } from './child.ts'
import { untilDigested } from './digested.ts'
import { makeApps, makeGroups, type MadeGroups } from './group-setup.ts'
import {
  canPin,
  generatorCpu,
  startCServer,
  startQun,
  startSocketIo,
  type Peer,
  type PeerName,
  type QunOptions,
} from './peers.ts'
import { countStatements, describePhase, phaseFile } from './phase-profile.ts'
import { goalsOf, goalTableOf, tableOf, type GoalResult, type PeerRun } from './report.ts'
import { makeWorkFolder } from './work-folder.ts'
import { quicken, workloads, type Workload } from './workloads.ts'
import type { Figures, LoadPlan } from './plan.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    /** Which measured phase is profiled. */
    phase: { type: 'string', default: '0' },
    'pin-database': { type: 'boolean', default: false },
    only: { type: 'string' },
    profiles: { type: 'string', default: '.cache/bench/profiles' },
    out: { type: 'string', default: '.cache/bench/results.json' },
  },
})
const chosen = workloads
  .filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  .map((workload) => (options.quick ? quicken(workload) : workload))
const only = options.only?.split(',')
const work = makeWorkFolder('qun-bench')
/** Of each workload: what the people of another are followed by for minutes is not what is measured. */
let qunDir = ''
/** Never the same twice: a clientId sent again would be answered from the log instead of stored. */
let seed = 0
const results: { machine: string; runs: PeerRun[]; goals: GoalResult[] } = {
  machine: machineLine(),
  runs: [],
  goals: [],
}

console.log(results.machine)
if (!canPin()) console.log('No pinning: taskset or a second CPU is missing, so figures are not per core.')
for (const workload of chosen) {
  console.log(`\n${workload.name}: ${workload.doc}`)
  const names = workload.peers.filter((name) => only === undefined || only.includes(name))
  const groups = names.includes('qun') ? await prepare(workload) : undefined
  for (const name of names) await measure(workload, name, groups)
  if (options.profile && groups !== undefined) await profile(workload, groups)
  results.goals.push(...goalsOf(workload, results.runs))
}
console.log(`\n${tableOf(results.runs)}\n\n${goalTableOf(results.goals)}`)
mkdirSync(join(options.out, '..'), { recursive: true })
writeFileSync(options.out, `${JSON.stringify(results, null, 1)}\n`)
console.log(`\nfigures: ${options.out}`)
process.exit(0)

/** Makes the workload's groups; the server that did it is not the one measured. */
async function prepare(workload: Workload): Promise<MadeGroups> {
  const startedAt = performance.now()
  qunDir = join(work, `qun-${workload.name}`)
  const others = await makeApps(qunDir, workload)
  const server = await startQun({ dataDir: qunDir, pinning: null })
  const { url, apiKey, signing } = server.ready
  const groups = await makeGroups(url, others.length > 0 ? others : [{ apiKey, signing }], workload)
  await untilDigested((await findRunningEmbedded(join(qunDir, 'database')))!)
  await server.stop()
  console.log(`  groups made in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  return groups
}

async function measure(workload: Workload, name: PeerName, groups: MadeGroups | undefined): Promise<void> {
  const peer = await start(workload, name, groups, {})
  if (peer === undefined) return console.log(`  ${name}: not on this machine, left out`)
  const run: PeerRun = { workload: workload.name, peer: name, figures: await load(workload, peer) }
  await peer.stop()
  results.runs.push(run)
  console.log(tableOf([run]).split('\n').slice(2).join('\n'))
}

async function start(
  workload: Workload,
  name: PeerName,
  groups: MadeGroups | undefined,
  qun: Partial<QunOptions>,
): Promise<Peer | undefined> {
  if (name === 'c') return startCServer(0)
  if (name === 'c-merging') return startCServer(5)
  const pinning = options['pin-database'] ? 'server and database' : 'server'
  if (name === 'socket.io') return startSocketIo(pinning)
  if (name === 'socket.io+pg') return startSocketIo(pinning, join(work, 'socket-io'))
  const server = await startQun({ dataDir: qunDir, pinning, ...qun })
  const { port } = server.ready
  return {
    name,
    pid: server.pid,
    port,
    wire: { kind: 'qun', listedGroups: workload.listedGroups, ...groups! },
    stop: async () => void (await server.stop()),
  }
}

/** Runs the generator in its own process on its own core. */
async function load(workload: Workload, peer: Peer, profiledPhase?: number): Promise<Figures[]> {
  const plan: LoadPlan = {
    label: `${peer.name}/${workload.name}`,
    host: '127.0.0.1',
    port: peer.port,
    wire: peer.wire,
    connections: workload.connections,
    groups: workload.groups,
    textBytes: 200,
    connectAtOnce: 100,
    warmSeconds: options.quick ? 0.5 : 0.7,
    steps: workload.steps(options.quick),
    serverPid: peer.pid,
    ...(profiledPhase === undefined ? {} : { profiledPhase }),
    seed: (seed += 1),
  }
  const path = join(work, 'plan.json')
  writeFileSync(path, JSON.stringify(plan))
  const generator = await startChild({
    command: fileURLToPath(new URL('./generator.ts', import.meta.url)),
    args: [path],
    readyWithinMs: 180_000,
    ...(canPin() ? { cpus: generatorCpu } : {}),
  })
  const figures = [generator.said as unknown as Figures]
  for await (const line of generator.lines) figures.push(JSON.parse(line) as Figures)
  const code = await generator.ended
  if (code !== 0) throw new Error(`the generator of ${plan.label} ended with ${code}`)
  // Ten thousand sockets take a moment to go.
  await pause(500)
  return figures
}

/** Once more with one of its measured phases profiled; its figures are not counted. */
async function profile(workload: Workload, groups: MadeGroups): Promise<void> {
  const folder = join(work, `profile-${workload.name}`)
  mkdirSync(folder, { recursive: true })
  const stopCounting = countStatements(qunDir)
  const peer = await start(workload, 'qun', groups, { args: ['--phase', folder] })
  const figures = await load(workload, peer!, Number(options.phase))
  await peer!.stop()
  stopCounting()
  const texts = [
    `${workload.name}: ${workload.doc}`,
    results.machine,
    tableOf([{ workload: workload.name, peer: 'qun', figures }]),
    describePhase(join(folder, phaseFile)),
  ]
  const text = `${texts.join('\n\n')}\n`
  console.log(text)
  mkdirSync(options.profiles, { recursive: true })
  writeFileSync(join(options.profiles, `${workload.name}.txt`), text)
}

function machineLine(): string {
  const kernel = execFileSync('uname', ['-sr'], { encoding: 'utf8' })
    .trim()
    .replace(/(\d+\.\d+)\S*/, '$1')
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${kernel}, Node ${process.version}`
}
