/** Turns raw figures into medians, ratios and the table people read. Pure; knows no process. */
import { median } from './histogram.ts'
import type { PeerName } from './peers.ts'
import type { ConnectFigures, Figures, StepFigures } from './plan.ts'
import type { Goal, Measure, Workload } from './workloads.ts'

export interface PeerRun {
  readonly workload: string
  readonly peer: PeerName
  readonly figures: readonly Figures[]
}
export interface GoalResult {
  readonly workload: string
  readonly goal: Goal
  /** The ratio, or the figure itself. */
  readonly reached: number
  readonly isMet: boolean
}

const isStep = (figures: Figures): figures is StepFigures => figures.mode !== 'connect'

function medianOf(run: PeerRun, mode: StepFigures['mode'], figure: (step: StepFigures) => number): number {
  return median(
    run.figures
      .filter(isStep)
      .filter((step) => step.mode === mode)
      .map(figure),
  )
}
/** Of the first `max` step: a workload may add a second one with another window. */
function medianOfMax(run: PeerRun, figure: (step: StepFigures) => number): number {
  const steps = run.figures.filter(isStep).filter((step) => step.mode === 'max')
  const again = steps.findIndex((step, index) => index > 0 && step.repetition === 0)
  return median((again < 0 ? steps : steps.slice(0, again)).map(figure))
}

export function measureOf(run: PeerRun, measure: Measure): number {
  switch (measure) {
    case 'deliveries':
      return medianOfMax(run, (step) => step.deliveriesPerSecond)
    case 'messages':
      return medianOfMax(run, (step) => step.messagesPerSecond)
    case 'lastMs':
      return medianOf(run, 'last', (step) => step.last.p50Ms)
    case 'halfP99Ms':
      return medianOf(run, 'half', (step) => step.delivery.p99Ms)
    case 'rateP95Ms':
      return medianOf(run, 'rate', (step) => step.delivery.p95Ms)
    case 'rateP99Ms':
      return medianOf(run, 'rate', (step) => step.delivery.p99Ms)
    case 'rateCpu':
      return medianOf(run, 'rate', (step) => step.serverCpu + step.serverChildCpu)
    case 'rssKb':
      return median(
        run.figures
          .filter((figures): figures is ConnectFigures => !isStep(figures))
          .map((one) => one.rssPerConnectionKb),
      )
  }
}

export function goalsOf(workload: Workload, runs: readonly PeerRun[]): GoalResult[] {
  const runOf = (peer: PeerName, name: string = workload.name) =>
    runs.find((run) => run.workload === name && run.peer === peer)
  const own = runOf('qun')
  if (own === undefined) return []
  return workload.goals.flatMap((goal) => {
    const isRatio = goal.against !== undefined || goal.to !== undefined
    const other = isRatio ? runOf(goal.against ?? 'qun', goal.to) : undefined
    if (isRatio && other === undefined) return []
    const reached = measureOf(own, goal.measure) / (other === undefined ? 1 : measureOf(other, goal.measure))
    const isMet =
      reached >= (goal.least ?? Number.NEGATIVE_INFINITY) && reached <= (goal.most ?? Number.POSITIVE_INFINITY)
    return [{ workload: workload.name, goal, reached, isMet }]
  })
}

/**
 * G: the generator was the limit. L: deliveries lost. X: more than one delivery per member. N: others used the
 * machine. D: connections dropped.
 */
export function flagsOf(step: StepFigures): string {
  return [
    step.generatorCpu > 0.9 ? 'G' : '',
    step.lost > 0 ? 'L' : '',
    step.extra > 0 ? 'X' : '',
    step.otherCpu > 0.35 ? 'N' : '',
    step.closedConnections > 0 ? 'D' : '',
  ].join('')
}

/** One line per peer and mode, medians of the repetitions with their range. */
export function tableOf(runs: readonly PeerRun[]): string {
  const head = [
    'workload',
    'peer',
    'mode',
    'messages/s',
    'deliveries/s',
    'delivery p50 / p99 ms',
    'to the last ms',
    'CPU server + its database / generator',
    'RSS MB',
    'flags',
  ]
  const rows = runs.flatMap((run) => [...connectRows(run), ...stepRows(run)])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function connectRows(run: PeerRun): string[][] {
  return run.figures
    .filter((figures): figures is ConnectFigures => figures.mode === 'connect')
    .map((one) => [
      run.workload,
      run.peer,
      'connect',
      '-',
      '-',
      `${one.ready} in ${one.seconds.toFixed(1)} s`,
      '-',
      `${Math.round(one.serverCpuPerConnectionUs)} µs each`,
      `${one.rssPerConnectionKb.toFixed(2)} KB each`,
      one.failed > 0 ? `${one.failed} failed` : one.retried > 0 ? `${one.retried} retries` : '',
    ])
}

function stepRows(run: PeerRun): string[][] {
  const series: StepFigures[][] = []
  for (const step of run.figures.filter(isStep)) {
    if (step.repetition === 0) series.push([])
    series.at(-1)!.push(step)
  }
  return series.map((steps) => {
    const mid = (figure: (step: StepFigures) => number) => median(steps.map(figure))
    const all = steps.map((step) => step.deliveriesPerSecond)
    const range = steps.length > 1 ? ` (${whole(Math.min(...all))}–${whole(Math.max(...all))})` : ''
    const cpu = `${mid((step) => step.serverCpu).toFixed(2)} + ${mid((step) => step.serverChildCpu).toFixed(2)}`
    return [
      run.workload,
      run.peer,
      steps[0]!.mode,
      whole(mid((step) => step.messagesPerSecond)),
      `${whole(mid((step) => step.deliveriesPerSecond))}${range}`,
      `${mid((step) => step.delivery.p50Ms).toFixed(1)} / ${mid((step) => step.delivery.p99Ms).toFixed(1)}`,
      mid((step) => step.last.p50Ms).toFixed(1),
      `${cpu} / ${mid((step) => step.generatorCpu).toFixed(2)}`,
      whole(mid((step) => step.serverRssKb) / 1_024),
      [...new Set(steps.flatMap((step) => [...flagsOf(step)]))].join(''),
    ]
  })
}

const measureNames: Readonly<Record<Measure, string>> = {
  deliveries: 'deliveries/s',
  messages: 'acknowledged messages/s',
  lastMs: 'time to the last member',
  halfP99Ms: 'p99 at half load, ms',
  rateP95Ms: 'p95, ms',
  rateP99Ms: 'p99, ms',
  rateCpu: 'CPU, cores',
  rssKb: 'RSS per connection, KB',
}

export function goalTableOf(results: readonly GoalResult[]): string {
  const head = ['workload', 'what', 'goal', 'reached', '']
  const rows = results.map(({ workload, goal, reached, isMet }) => {
    const other = goal.against ?? goal.to
    const unit = other === undefined ? '' : ` × ${other}`
    const wanted = goal.least === undefined ? `≤ ${goal.most}${unit}` : `≥ ${goal.least}${unit}`
    return [workload, measureNames[goal.measure], wanted, `${reached.toFixed(2)}${unit}`, isMet ? 'met' : 'missed']
  })
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function whole(figure: number): string {
  return Number.isNaN(figure) ? '-' : Math.round(figure).toLocaleString('en')
}
