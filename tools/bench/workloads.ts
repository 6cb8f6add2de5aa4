/** The workloads A–F and G10: how many members in which groups, what is sent, against whom, for which ratio. */
import type { PeerName } from './peers.ts'
import type { Step } from './plan.ts'

export type WorkloadName = 'A' | 'A2' | 'B' | 'C' | 'D' | 'E' | 'E20' | 'F' | 'G10'
/** Which figure of a run stands for it. */
export type Measure =
  | 'deliveries'
  | 'messages'
  | 'lastMs'
  | 'halfP99Ms'
  | 'rateP95Ms'
  | 'rateP99Ms'
  | 'rateCpu'
  | 'rssKb'

export interface Goal {
  readonly measure: Measure
  /** The peer it is a ratio to; absent for an absolute figure. */
  readonly against?: PeerName
  /** Our own figure of another workload of the run that it is a ratio to. */
  readonly to?: WorkloadName
  /** Reached at or above `least`, or at or below `most`. */
  readonly least?: number
  readonly most?: number
}
export interface Workload {
  readonly name: WorkloadName
  readonly doc: string
  readonly connections: number
  readonly groups: number
  /** Connections a group's every member has; other groups only follow (D). */
  readonly listedGroups: number
  /** Apps the groups are spread over; one unless said. */
  readonly apps?: number
  readonly peers: readonly PeerName[]
  readonly steps: (quick: boolean) => readonly Step[]
  readonly goals: readonly Goal[]
}

/** A fifth of the big crowds: enough to see that all works, too few to stand for the workload. */
const quickConnectionsMax = 2_000

/** The workload with fewer connections in as many fewer groups, if it is a big one. */
export function quicken(workload: Workload): Workload {
  const share = Math.min(1, quickConnectionsMax / workload.connections)
  return {
    ...workload,
    doc: share < 1 ? `${workload.doc} (here a fifth of it)` : workload.doc,
    connections: workload.connections * share,
    groups: Math.max(1, workload.groups * share),
  }
}

const max = (window: number, seconds: number, repetitions: number): Step => ({
  mode: 'max',
  window,
  seconds,
  repetitions,
})
const half = (seconds: number, repetitions: number): Step => ({ mode: 'half', seconds, repetitions })
const last = (seconds: number, repetitions: number): Step => ({ mode: 'last', seconds, repetitions })
const rate = (perSecond: number, seconds: number, repetitions: number): Step => ({
  mode: 'rate',
  rate: perSecond,
  seconds,
  repetitions,
})

export const workloads: readonly Workload[] = [
  {
    name: 'A',
    doc: 'one group of 1,000, 32 messages in flight',
    connections: 1_000,
    groups: 1,
    listedGroups: 0,
    peers: ['qun', 'socket.io', 'c-merging'],
    steps: (quick) => (quick ? [max(32, 2, 2)] : [max(32, 2.5, 3), half(2.5, 3), last(1, 1)]),
    goals: [
      { measure: 'deliveries', against: 'socket.io', least: 40 },
      { measure: 'deliveries', against: 'c-merging', least: 0.7 },
    ],
  },
  {
    name: 'A2',
    doc: 'one group of 1,000, 256 messages in flight',
    connections: 1_000,
    groups: 1,
    listedGroups: 0,
    peers: ['qun', 'c-merging'],
    steps: (quick) => (quick ? [max(256, 2, 2)] : [max(256, 2.5, 3)]),
    goals: [{ measure: 'deliveries', against: 'c-merging', least: 0.6 }],
  },
  {
    name: 'B',
    doc: '10,000 in one group, one message at a time, to the last member',
    connections: 10_000,
    groups: 1,
    listedGroups: 0,
    peers: ['qun', 'socket.io', 'c'],
    steps: (quick) => (quick ? [last(2, 1)] : [last(2.5, 3)]),
    goals: [{ measure: 'lastMs', against: 'c', most: 1.5 }],
  },
  {
    name: 'C',
    doc: '500 groups of 20, random senders, 500 messages in flight',
    connections: 10_000,
    groups: 500,
    listedGroups: 0,
    peers: ['qun', 'socket.io', 'c'],
    steps: (quick) => (quick ? [max(500, 2, 2), half(2, 1)] : [max(500, 2.5, 3), half(2.5, 3)]),
    goals: [
      { measure: 'deliveries', against: 'socket.io', least: 2.3 },
      { measure: 'deliveries', against: 'c', least: 1.1 },
      { measure: 'halfP99Ms', most: 15 },
    ],
  },
  {
    name: 'D',
    doc: '10,000 idle connections, each with a token and 20 groups',
    connections: 10_000,
    groups: 500,
    listedGroups: 20,
    peers: ['qun', 'socket.io'],
    steps: () => [],
    goals: [{ measure: 'rssKb', most: 9 }],
  },
  {
    name: 'E',
    doc: 'acknowledged durable messages, 500 senders in groups of their own',
    connections: 500,
    groups: 500,
    listedGroups: 0,
    peers: ['qun', 'socket.io+pg', 'socket.io'],
    steps: (quick) => (quick ? [max(500, 2, 2)] : [max(500, 2.5, 3), max(1, 1, 1)]),
    goals: [{ measure: 'messages', against: 'socket.io+pg', least: 7 }],
  },
  {
    name: 'E20',
    doc: 'the same, spread over 20 apps',
    connections: 500,
    groups: 500,
    listedGroups: 0,
    apps: 20,
    peers: ['qun'],
    steps: (quick) => (quick ? [max(500, 2, 2)] : [max(500, 2.5, 3)]),
    goals: [{ measure: 'messages', to: 'E', least: 0.85 }],
  },
  {
    name: 'F',
    doc: 'one group of 1,000, 100 messages a second offered',
    connections: 1_000,
    groups: 1,
    listedGroups: 0,
    peers: ['qun', 'socket.io', 'c-merging'],
    steps: (quick) => (quick ? [rate(100, 3, 1)] : [rate(100, 4, 3)]),
    goals: [
      { measure: 'rateP99Ms', most: 25 },
      { measure: 'rateCpu', most: 0.8 },
    ],
  },
  {
    name: 'G10',
    doc: '5,000 members online in one group, 200 messages a second offered',
    connections: 5_000,
    groups: 1,
    listedGroups: 0,
    peers: ['qun'],
    steps: (quick) => (quick ? [rate(200, 3, 1)] : [rate(200, 5, 3)]),
    goals: [{ measure: 'rateP95Ms', most: 300 }],
  },
]
