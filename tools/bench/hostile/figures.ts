/** How the figures of the hostile bench are shown, and which of them miss a goal. */
import type { Quantiles } from '../histogram.ts'
import type { GoodFigures, WickedFigures } from './plan.ts'

/** Of the good people's p99, of a refusal, and of what the server holds: the goals. */
const timesMax = 2
const moreMegabytesMax = 150
/** A generator this busy measures itself. */
const generatorCpuMax = 0.9

export interface Window extends GoodFigures {
  /** The most the server held meanwhile. */
  readonly rssKb: number
  readonly helpersKb: number
}
export interface Seen extends Pick<WickedFigures, 'answers'> {
  readonly without: Window
  readonly beside: Window
  readonly wickedCpu: number
}

export function tableOf({ without, beside, answers, wickedCpu }: Seen): string {
  const kinds = Object.keys(without.byKind).toSorted()
  const rows = [...kinds.map((kind) => [kind, without.byKind[kind], beside.byKind[kind]] as const)]
  rows.push(['in all', without.all, beside.all])
  const lines = rows.map(([kind, one, other]) => {
    const cells = [...cellsOf(one), ...cellsOf(other), `${timesOf(one, other).toFixed(1)} ×`]
    return `| ${[kind, ...cells].join(' | ')} |`
  })
  return [
    '| kind | n | p50 | p95 | p99 ms, without | n | p50 | p95 | p99 ms, beside | p99 |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `refused without: ${listOf(without.refused)}`,
    `refused beside: ${listOf(beside.refused)}`,
    `generator ${without.generatorCpu.toFixed(2)} and ${beside.generatorCpu.toFixed(2)} CPU`,
    `the hostile (${wickedCpu.toFixed(2)} CPU) were told ${sum(Object.entries(answers))} times: ${listOf(answers)}`,
  ].join('\n')
}
export function memoryLine({ without, beside }: Seen): string {
  const textOf = ({ rssKb, helpersKb }: Window) => `${mega(rssKb)} MiB (and ${mega(helpersKb)} of its decoders)`
  return `server's RSS at most ${textOf(without)} without, ${textOf(beside)} beside`
}
/** The goals that were missed, each in a sentence. */
export function faultsOf({ without, beside }: Seen): string[] {
  const times = timesOf(without.all, beside.all)
  const more = (beside.rssKb - without.rssKb) / 1_024
  const overloaded = sum(Object.entries(beside.refused).filter(([name]) => / (503|0) /.test(name)))
  const faults: string[] = []
  if (times > timesMax) faults.push(`p99 ${times.toFixed(1)} × of without, more than ${timesMax} ×`)
  if (overloaded > 0) faults.push(`${overloaded} of the good people's requests met 503 or no answer`)
  if (more > moreMegabytesMax) faults.push(`${more.toFixed(0)} MiB more than without, more than ${moreMegabytesMax}`)
  if (beside.generatorCpu > generatorCpuMax) faults.push('the generator was the bottleneck: nothing was measured')
  return faults
}

function cellsOf(figures: Quantiles | undefined): string[] {
  if (figures === undefined) return ['–', '–', '–', '–']
  const { count, p50Ms, p95Ms, p99Ms } = figures
  return [String(count), ...[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(1))]
}
function timesOf(one: Quantiles | undefined, other: Quantiles | undefined): number {
  return one === undefined || other === undefined || one.p99Ms === 0 ? Number.NaN : other.p99Ms / one.p99Ms
}
function listOf(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).toSorted((one, other) => other[1] - one[1])
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} × ${count}`).join(', ')
}
const sum = (entries: readonly (readonly [string, number])[]) => entries.reduce((all, [, count]) => all + count, 0)
const mega = (kb: number) => (kb / 1_024).toFixed(0)
