/**
 * One hostile member beside two hundred good ones, then one hostile app beside nineteen: how long the good ones wait,
 * who of them is refused, and what the server holds, with and without. Ends with 1 when a goal is missed.
 * `npm run bench:hostile -- [--seconds 60] [--only member,app] [--rounds 1] [--data FOLDER] [--profile]
 * [--deeds read,upload | each]`.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { big } from '../rows/big-tables.ts'
import { startChild, type Child } from './child.ts'
import { faultsOf, memoryLine, tableOf, type Seen } from './hostile/figures.ts'
import { Memory } from './hostile/memory.ts'
import {
  goodRates,
  wickedDeeds,
  type GoodFigures,
  type GoodPlan,
  type WickedDeed,
  type WickedFigures,
  type WickedPlan,
} from './hostile/plan.ts'
import { makeWorld, type World } from './hostile/world.ts'
import { canPin, generatorCpu, startQun, type QunChild } from './peers.ts'
import { countStatements, describePhase, phaseFile } from './phase-profile.ts'
import { phaseSignal } from './phase-signal.ts'
import { makeWorkFolder } from './work-folder.ts'

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', default: 'member,app' },
    rounds: { type: 'string', default: '1' },
    data: { type: 'string' },
    // Some of what the hostile do, or `each`: a round for each of it alone.
    deeds: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
})
const scripts = { people: './hostile/people.ts', wicked: './hostile/wicked.ts' } as const
const seconds = Number(options.seconds)
const warmSeconds = Math.min(10, seconds)
/** From the hostile ones' first request to the first that counts. */
const onsetSeconds = 3
const work = makeWorkFolder('qun-hostile')
const dataDir = options.data ?? join(work, 'qun')
mkdirSync(dataDir, { recursive: true })

const began = performance.now()
const world = await makeWorld(dataDir)
console.log(`the shop was made in ${((performance.now() - began) / 1_000).toFixed(1)} s`)
if (options.profile) countStatements(dataDir)
const faults: string[] = []
for (const scene of options.only.split(',') as Scene[]) faults.push(...(await play(scene)))
for (const fault of faults) console.error(`MISSED: ${fault}`)
process.exit(faults.length === 0 ? 0 : 1)

type Scene = 'member' | 'app'

async function play(scene: Scene): Promise<string[]> {
  const folder = join(work, `profile-${scene}`)
  mkdirSync(folder)
  const args = ['--own-limits', ...(options.profile ? ['--phase', folder] : [])]
  const server = await startQun({ dataDir, args })
  const memory = new Memory(server.pid)
  const good = await start('people', goodPlanOf(scene, server))
  await pause(warmSeconds * 1_000)
  const found: string[] = []
  for (const [at, deeds] of roundsOf(scene).entries()) {
    const without = await windowOf(good, memory)
    const wicked = await start('wicked', wickedPlanOf(scene, server, deeds))
    await pause(onsetSeconds * 1_000)
    if (options.profile && at === 0) process.kill(server.pid, phaseSignal)
    const beside = await windowOf(good, memory)
    if (options.profile && at === 0) await showProfile(server, folder)
    const answers = await lastOf<WickedFigures>(wicked)
    const seen: Seen = { without, beside, answers: answers.answers, wickedCpu: answers.cpu }
    const name = `one hostile ${scene}, round ${at + 1}: ${deeds.join(', ')}`
    console.log(`\n${name}\n\n${tableOf(seen)}\n\n${memoryLine(seen)}`)
    found.push(...faultsOf(seen).map((fault) => `${name}: ${fault}`))
  }
  await good.stop()
  memory.end()
  const code = await server.stop()
  if (code !== 0) found.push(`one hostile ${scene}: the server ended with ${code}`)
  return found
}

/** What the hostile do in each round. */
function roundsOf(scene: Scene): (readonly WickedDeed[])[] {
  const all = wickedDeeds.filter((deed) => deed !== 'host' || scene === 'app')
  if (options.deeds === 'each') return all.map((deed) => [deed])
  const asked = options.deeds?.split(',')
  const chosen = all.filter((deed) => asked === undefined || asked.includes(deed))
  return Array.from({ length: Number(options.rounds) }, () => chosen)
}

async function start(script: keyof typeof scripts, plan: GoodPlan | WickedPlan): Promise<Child> {
  const path = join(work, `${script}.json`)
  writeFileSync(path, JSON.stringify(plan))
  return startChild({
    command: fileURLToPath(new URL(scripts[script], import.meta.url)),
    args: [path],
    ...(canPin() ? { cpus: generatorCpu } : {}),
    isApart: script === 'wicked',
  })
}

function goodPlanOf(scene: Scene, { ready: { port } }: QunChild): GoodPlan {
  const people = scene === 'member' ? world.neighbours : world.others
  return { host: '127.0.0.1', port, people, seconds, rates: goodRates }
}
function wickedPlanOf(scene: Scene, { ready: { port } }: QunChild, deeds: readonly WickedDeed[]): WickedPlan {
  const { shop, sharedIds, pollSeq }: World = world
  // Who has most of the giant group are the first of it.
  const ofTheApp = ['wang', 'he', 'zhao', 'sun', ...Array.from({ length: 15 }, (_, at) => `p${at}`)]
  const groups = Array.from({ length: 400 }, (_, at) => `grp_${String(at + 1).padStart(8, '0')}`)
  return {
    ...{ host: '127.0.0.1', port, signing: shop.signing, sharedIds, pollSeq },
    ...(scene === 'app' ? { apiKey: shop.apiKey } : {}),
    userIds: scene === 'app' ? [big.userId, ...ofTheApp] : [big.userId],
    giantId: big.groupId,
    ownIds: groups,
    victims: Array.from({ length: 1_000 }, (_, at) => `p${at}`).filter((_, at) => at % 50 !== 44),
    seconds: seconds + onsetSeconds,
    deeds,
  }
}

async function windowOf(good: Child, memory: Memory) {
  memory.begin()
  process.kill(good.pid, phaseSignal)
  const figures = await nextOf<GoodFigures>(good)
  return { ...figures, rssKb: memory.highestKb, helpersKb: memory.helpersKb }
}
async function nextOf<T>(child: Child): Promise<T> {
  const { value, done } = await child.lines[Symbol.asyncIterator]().next()
  if (done === true) throw new Error(`a generator ended with ${await child.ended}`)
  return JSON.parse(value) as T
}
async function lastOf<T>(child: Child): Promise<T> {
  const figures = await nextOf<T>(child)
  await child.ended
  return figures
}

async function showProfile(server: QunChild, folder: string): Promise<void> {
  process.kill(server.pid, phaseSignal)
  const path = join(folder, phaseFile)
  for (let tries = 0; !existsSync(path) && tries < 300; tries += 1) await pause(100)
  console.log(describePhase(path))
}
