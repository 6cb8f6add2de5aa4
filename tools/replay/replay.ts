/**
 * Replays real IRC logs through a real server and proves that nothing is lost, doubled or moved.
 *
 * `npm run replay -- FILE… | --all-dev [--at-once N] [--speed N|full] [--order strict|concurrent] [--kill N] [--seed S]
 * [--url URL --credentials API_KEY] [--share]`. Each log is a group; `--at-once` of them go on side by side, one unless
 * given. With `--share`, one log in ten is whole and of the others the first tenth, by the commit that is checked out.
 * Without `--url` a server of its own is started on a fresh durable database. Ends with 1 on any difference.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { textLengthMax } from '@qun/features/words/message/contract'
import { lengthOf, turnOf } from '@qun/testing/share'
import { HostApi, inParallel } from '../bench/host-api.ts'
import { makeWorkFolder } from '../bench/work-folder.ts'
import { castLog } from './cast.ts'
import { parseIrcLog } from './irc-log.ts'
import { OwnServer } from './own-server.ts'
import { shareFor } from '../long-runs.ts'
import { perform, type Performance, type StageOptions } from './stage.ts'

const devFolder = fileURLToPath(new URL('../../../shared/data/irc-disentanglement/dev', import.meta.url))

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'all-dev': { type: 'boolean', default: false },
    speed: { type: 'string', default: 'full' },
    order: { type: 'string', default: 'strict' },
    kill: { type: 'string', default: '0' },
    'at-once': { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    url: { type: 'string' },
    credentials: { type: 'string' },
    share: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
  },
})

const files = [...positionals, ...(options['all-dev'] ? listDevLogs() : [])]
const kills = wholeNumber('--kill', options.kill)
const today = shareFor(options.whole || !options.share)
let killsWanted = 0
checkOptions()
const work = makeWorkFolder('qun-replay')

const own = options.url === undefined ? await OwnServer.start(work, wholeNumber('--seed', options.seed)) : undefined
const url = own?.url ?? options.url!
const host = new HostApi({ url, apiKey: own?.apiKey ?? options.credentials! })

let differences = 0
await inParallel([...files.entries()], wholeNumber('--at-once', options['at-once']), async ([index, file]) => {
  // Kills are spread evenly; the first logs take what does not divide.
  const killsHere = Math.floor(kills / files.length) + (index < kills % files.length ? 1 : 0)
  const found = await replay(file, index, killsHere)
  differences += found
})
const killed = own?.killCount ?? 0
console.log(`\n${files.length} logs, ${killed} kills, ${differences} differences`)
await own?.stop()
process.exit(differences > 0 || killed < killsWanted ? 1 : 0)

async function replay(file: string, index: number, killsWhole: number): Promise<number> {
  const length = (whole: number) => lengthOf(whole, turnOf(index), today)
  const lines = readFileSync(file, 'utf8').split('\n')
  const log = parseIrcLog(lines.slice(0, length(lines.length)).join('\n'))
  const killShare = length(killsWhole)
  killsWanted += killShare
  const play = castLog(log, textLengthMax)
  const lineCount = play.steps.filter((step) => step.kind === 'say').length
  const beforeLine = own?.killPlan(killShare, lineCount)
  const stage: StageOptions = {
    url,
    host,
    title: basename(file).slice(0, 60),
    order: options.order === 'concurrent' ? 'concurrent' : 'strict',
    ...(options.speed === 'full' ? {} : { speed: Number(options.speed) }),
    ...(beforeLine === undefined ? {} : { beforeLine }),
  }
  const killedBefore = own?.killCount ?? 0
  const done = await perform(play, stage)
  print(file, log, play, done, (own?.killCount ?? 0) - killedBefore)
  return done.proof.differences.length
}

function print(
  file: string,
  log: ReturnType<typeof parseIrcLog>,
  play: ReturnType<typeof castLog>,
  done: Performance,
  killedHere: number,
): void {
  const { proof } = done
  const quantiles = ({ p50Ms, p95Ms, p99Ms }: Performance['acknowledged']) =>
    `${p50Ms.toFixed(1)} / ${p95Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`
  const lines = [
    `\n${basename(file)}: ${proof.differences.length === 0 ? 'equal' : 'DIFFERENT'}`,
    `  sent ${done.lines} lines of ${play.people.length} people on ${done.connections} connections in ${done.seconds.toFixed(1)} s`,
    `  ${done.enters} joins, ${done.leaves} leaves, ${done.renames} renames, ${killedHere} kills meanwhile`,
    `  left out: ${log.emptyCount} empty, ${log.otherCount} other lines, ${play.silentCount} about silent people;` +
      ` ${log.emoteCount} emotes sent as text; ${play.splitCount} pieces of long lines`,
    `  log: ${proof.messages} messages, ${proof.systemLines} of the system, sha256 ${proof.hash.slice(0, 16)}…`,
    `  ${proof.membersCompared} members hold the same log from where they joined`,
    `  acknowledged p50 / p95 / p99 ms: ${quantiles(done.acknowledged)}`,
    `  delivered    p50 / p95 / p99 ms: ${quantiles(done.delivered)} (${done.delivered.count} deliveries)`,
    ...proof.differences.map((difference) => `  ✗ ${difference}`),
  ]
  console.log(lines.join('\n'))
}

function listDevLogs(): string[] {
  if (!existsSync(devFolder)) fail(`--all-dev needs the logs in ${devFolder}, which is missing`)
  const logs = readdirSync(devFolder).filter((name) => name.endsWith('.raw.txt'))
  if (logs.length !== 10) fail(`--all-dev wants the ten logs of ${devFolder}; there are ${logs.length}`)
  return logs.toSorted().map((name) => join(devFolder, name))
}

function checkOptions(): void {
  if (files.length === 0) fail('name a log, or say --all-dev')
  for (const file of files) if (!existsSync(file)) fail(`there is no ${file}`)
  if (!['strict', 'concurrent'].includes(options.order)) fail('--order is strict or concurrent')
  if (!(Number(options['at-once']) >= 1)) fail('--at-once is a whole number from 1')
  if (options.speed !== 'full' && !(Number(options.speed) > 0)) fail('--speed is a positive number or full')
  if ((options.url === undefined) !== (options.credentials === undefined)) fail('--url and --credentials go together')
  if (options.url !== undefined && kills > 0) fail('--kill needs a server of its own, so it does not go with --url')
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  return Number.isSafeInteger(number) && number >= 0 ? number : fail(`${name} is a whole number`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
