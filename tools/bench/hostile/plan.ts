/** What the hostile bench asks of its two load generators, and what they answer: shapes only, passed as JSON. */
import type { Quantiles } from '../histogram.ts'
import type { Signing } from '../plan.ts'

export interface Place {
  readonly host: string
  readonly port: number
}
/** One person who does what people do. */
export interface GoodPerson {
  readonly userId: string
  readonly signing: Signing
  /** The first two are open on their screen. */
  readonly groupIds: readonly string[]
  /** A poll in the first group, to vote in. */
  readonly pollSeq: number
}
export interface GoodPlan extends Place {
  readonly people: readonly GoodPerson[]
  /** Seconds of each measured window. */
  readonly seconds: number
  /** Requests a second of all of them together, by kind. */
  readonly rates: Readonly<Record<GoodKind, number>>
}
/** `delivery` is what another member waits for a post; the others are asked for. */
export type GoodKind = 'post' | 'read' | 'list' | 'open' | 'history' | 'vote' | 'connect'
export const goodRates: Readonly<Record<GoodKind, number>> = {
  post: 30,
  read: 20,
  list: 8,
  open: 15,
  history: 12,
  vote: 5,
  connect: 5,
}

/** What one window showed. Times are from the planned instant. */
export interface GoodFigures {
  readonly byKind: Readonly<Record<string, Quantiles>>
  readonly all: Quantiles
  /** How many of which kind were refused with which status and code: `post 503 server.overloaded`. */
  readonly refused: Readonly<Record<string, number>>
  /** CPUs the generator itself used: near 1, its figures are its own. */
  readonly generatorCpu: number
}

/** One whose token, or key, is valid and whose client is not. */
export interface WickedPlan extends Place {
  readonly signing: Signing
  readonly userIds: readonly string[]
  /** Set for an app that is hostile itself. */
  readonly apiKey?: string
  /** A group of some 20,000. */
  readonly giantId: string
  /** Groups with good people in them, if they are of one app. */
  readonly sharedIds: readonly string[]
  /** Many groups of their own, in which they are an admin or an owner. */
  readonly ownIds: readonly string[]
  /** A card in the first shared group, or in the giant one: seq of a poll. */
  readonly pollSeq: number
  /** Whom they mention and add. */
  readonly victims: readonly string[]
  readonly seconds: number
  readonly deeds: readonly WickedDeed[]
}
/** What a hostile one does: all of it at once, unless told to see what each costs. */
export const wickedDeeds = ['read', 'write', 'edit', 'upload', 'hammer', 'visit', 'sockets', 'host'] as const
export type WickedDeed = (typeof wickedDeeds)[number]
export interface WickedFigures {
  /** `what status code`: how many. */
  readonly answers: Readonly<Record<string, number>>
  /** CPUs its generator used, of what all others left. */
  readonly cpu: number
}
