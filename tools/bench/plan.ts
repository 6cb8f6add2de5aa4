/** What the bench asks its load generator to do, and what it answers: shapes only, passed as JSON. */
import type { Quantiles } from './histogram.ts'

/**
 * One phase of a run.
 * `max`: closed loop, at most `window` messages that some member has not received yet.
 * `half`: open loop at half the median of the `max` phases before it. `rate`: open loop at `rate` messages a second.
 * `last`: one message at a time, timed until its last member has it. `idle`: connections only.
 */
export interface Step {
  readonly mode: 'max' | 'half' | 'rate' | 'last' | 'idle'
  readonly seconds: number
  readonly repetitions: number
  readonly window?: number
  /** Messages a second, over all groups. */
  readonly rate?: number
}

/** An app's HS256 key; the secret is base64url. */
export interface Signing {
  readonly appId: string
  readonly kid: string
  readonly secret: string
}

/** How to speak to a peer. */
export type WirePlan =
  | { readonly kind: 'plain' }
  | { readonly kind: 'socket.io' }
  | {
      readonly kind: 'qun'
      /** Sign the connections' own tokens; connection i is of app i mod their number. */
      readonly signings: readonly Signing[]
      /** Connection i speaks for `<userPrefix><i>`. */
      readonly userPrefix: string
      readonly groupIds: readonly string[]
      /** Groups each connection follows at level `listed`; 0 opens the one group it belongs to. */
      readonly listedGroups: number
    }

export interface LoadPlan {
  readonly label: string
  readonly host: string
  readonly port: number
  readonly wire: WirePlan
  readonly connections: number
  /** Connection i belongs to group i mod `groups`. */
  readonly groups: number
  /** Bytes of a message's text, marker included. */
  readonly textBytes: number
  readonly connectAtOnce: number
  readonly warmSeconds: number
  readonly steps: readonly Step[]
  /** The server's process: CPU and memory of it and of all below it are read. */
  readonly serverPid: number
  /** The server hears where this measured phase begins and ends: 0 is the first. */
  readonly profiledPhase?: number
  readonly seed: number
}

export interface StepFigures {
  readonly label: string
  readonly mode: Step['mode']
  readonly repetition: number
  readonly seconds: number
  readonly rateWanted: number
  readonly messagesPerSecond: number
  readonly deliveriesPerSecond: number
  readonly megabytesPerSecond: number
  /** From the sending (in open loops: the planned sending) to the receipt by one member. */
  readonly delivery: Quantiles
  /** From the sending to the receipt by the last member. */
  readonly last: Quantiles
  readonly serverCpu: number
  readonly serverChildCpu: number
  readonly generatorCpu: number
  /** CPUs kept busy by whatever else ran on the machine. */
  readonly otherCpu: number
  readonly serverRssKb: number
  /** Deliveries that never arrived. */
  readonly lost: number
  /** Deliveries beyond one per member. */
  readonly extra: number
  readonly closedConnections: number
}

export interface ConnectFigures {
  readonly label: string
  readonly mode: 'connect'
  readonly connections: number
  readonly ready: number
  readonly failed: number
  /** Attempts beyond the first of each connection. */
  readonly retried: number
  readonly seconds: number
  readonly serverCpuPerConnectionUs: number
  readonly rssBeforeKb: number
  readonly rssAfterKb: number
  readonly rssPerConnectionKb: number
}

export type Figures = StepFigures | ConnectFigures
