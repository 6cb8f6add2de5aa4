/**
 * The load generator's own process: reads a plan (a JSON file named by its argument), opens the connections, runs
 * the steps and writes one line of JSON per figure. Knows no peer but by its wire.
 */
import { readFileSync } from 'node:fs'
import { Connections } from './connections.ts'
import { Load, runSteps } from './load.ts'
import { phaseSignal } from './phase-signal.ts'
import { readFamilyUse } from './process-stat.ts'
import { wireOf } from './wire.ts'
import type { ConnectFigures, Figures, LoadPlan } from './plan.ts'

const connectLimitMs = 120_000
/** A server that hears nothing from a socket for two of its pings takes it for dead; ours ping every 25 seconds. */
const aliveEveryMs = 20_000

const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LoadPlan
const wire = wireOf(plan)
const report = (figures: Figures) => process.stdout.write(`${JSON.stringify(figures)}\n`)

const connections: Connections = new Connections({
  host: plan.host,
  port: plan.port,
  count: plan.connections,
  atOnce: plan.connectAtOnce,
  greet: (connection) => wire.greet(connection),
  received: (bytes, start, end) => load.received(bytes, start, end),
})
const load = new Load(plan, wire, connections)

// From the first connection on: opening ten thousand takes longer than a server waits for a sign of life.
const stopAlive = keepAlive()
report(await openAll())
await runSteps(load, plan, report)
stopAlive()
connections.close()

async function openAll(): Promise<ConnectFigures> {
  const before = readFamilyUse(plan.serverPid)
  const startedAt = performance.now()
  await connections.open(connectLimitMs)
  const seconds = (performance.now() - startedAt) / 1_000
  const cpu = readFamilyUse(plan.serverPid)
  // What a server still does for its last arrivals is not yet rest, nor are the seconds in which it tidies up after.
  const restMs = plan.steps.length === 0 ? 15_000 : 2_000
  await new Promise((resolve) => setTimeout(resolve, restMs))
  const after = readFamilyUse(plan.serverPid)
  if (plan.profiledPhase !== undefined && plan.steps.length === 0) await profileRest()
  return {
    label: plan.label,
    mode: 'connect',
    connections: plan.connections,
    ready: connections.ready,
    failed: connections.failed,
    retried: connections.retried,
    seconds,
    serverCpuPerConnectionUs: ((cpu.ownCpuSeconds - before.ownCpuSeconds) / plan.connections) * 1e6,
    rssBeforeKb: before.rssKb,
    rssAfterKb: after.rssKb,
    rssPerConnectionKb: (after.rssKb - before.rssKb) / plan.connections,
  }
}

/** A workload that only connects has its profile taken at rest. */
async function profileRest(): Promise<void> {
  for (const ms of [1_000, 5_000]) {
    process.kill(plan.serverPid, phaseSignal)
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

/** Spreads the signs of life evenly, so that they never come as a burst. Returns how to stop. */
function keepAlive(): () => void {
  const { alive } = wire
  if (alive === undefined) return () => undefined
  let at = 0
  const perTurn = Math.ceil((plan.connections * 100) / aliveEveryMs)
  const timer = setInterval(() => {
    for (let turn = 0; turn < perTurn; turn += 1) {
      if (connections.isReady(at)) connections.write(at, alive)
      at = (at + 1) % plan.connections
    }
  }, 100)
  return () => clearInterval(timer)
}
