/**
 * Reads the League of Entropy's public randomness (drand) for draws, over relays the host names. It knows no draw, and
 * opens no connection of its own: `fetch` is handed in.
 */
import { createHash } from 'node:crypto'
import { roundAt, type BeaconChain } from './rules.ts'
import { isSigned, signatureBytes, type DrandScheme } from './server-bls.ts'
import type { Beacon } from './server-beacons.ts'

export interface DrandChain extends BeaconChain {
  /** Names the chain to relays. */
  readonly hash: string
  readonly scheme: DrandScheme
  /** What every round's signature is checked with, in hex. */
  readonly publicKey: string
}
/** The two public chains, the quicker first. Neither ever changes: the hash covers genesis, period and public key. */
export const drandChains: Readonly<Record<'quicknet' | 'default', DrandChain>> = {
  quicknet: {
    hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
    genesisAt: 1_692_803_367_000,
    periodMs: 3_000,
    scheme: 'bls-unchained-g1-rfc9380',
    publicKey:
      '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451' +
      '0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  },
  default: {
    hash: '8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce',
    genesisAt: 1_595_431_050_000,
    periodMs: 30_000,
    scheme: 'pedersen-bls-chained',
    publicKey: '868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31',
  },
}
/** Relays of two operators. */
export const drandRelays: readonly string[] = ['https://api.drand.sh', 'https://drand.cloudflare.com']

interface Response {
  readonly ok: boolean
  text(): Promise<string>
}
export interface DrandOptions {
  /** The platform's `fetch`, or one that goes through the host's proxy. */
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>
  readonly relays?: readonly string[]
  /** Chains draws may name, by name; by their hash as well. */
  readonly chains?: Readonly<Record<string, DrandChain>>
}
/** A draw waits in its transaction: a relay that says nothing for so long, in milliseconds, is out of reach. */
const relayWaitMs = 3_000
/** A round's answer has some hundred characters. */
const answerMax = 4_096
/** Rounds remembered: a job that runs again asks nobody. */
const knownMax = 256
/** How long it is good for which chains relays tell of, in milliseconds. */
const lookMs = 60_000
/** A chain without a round in so long stands still, or its relay does, in milliseconds. */
const stillMs = 120_000

/** [LD19] [LD24] Rounds by their signatures: which relay tells one does not matter. */
export function drandBeacon({ fetch, relays = drandRelays, chains = drandChains }: DrandOptions): Beacon {
  const byHash = Object.values(chains).map((chain) => [chain.hash, chain] as const)
  const all: Readonly<Record<string, DrandChain>> = { ...chains, ...Object.fromEntries(byHash) }
  const known = new Map<string, string>()
  const ask = async (relay: string, path: string): Promise<Told> => {
    const response = await fetch(`${relay}/${path}`, { signal: AbortSignal.timeout(relayWaitMs) })
    const text = await response.text()
    if (!response.ok || text.length > answerMax) throw new Error(`${relay} does not tell ${path}`)
    return parsed(text)
  }
  const readFrom = async (relay: string, chain: DrandChain, round: number): Promise<string> => {
    const told = await ask(relay, `${chain.hash}/public/${round}`)
    const value = known.get(keyOf(chain, round)) ?? randomnessOf(told, chain, round)
    if (value === undefined) throw new Error(`${relay} does not tell round ${round}`)
    if (known.size >= knownMax) known.clear()
    known.set(keyOf(chain, round), value)
    return value
  }
  const isAlive = async (chain: DrandChain, now: number): Promise<boolean> => {
    const newest = await Promise.allSettled(relays.map((relay) => ask(relay, `${chain.hash}/public/latest`)))
    const rounds = newest.map((told) => (told.status === 'fulfilled' ? Number(told.value['round']) : Number.NaN))
    return rounds.some((round) => roundAt(chain, round) >= now - stillMs)
  }
  return {
    chains: all,
    offered: remembered(async (now) => {
      const alive = await Promise.all(Object.values(chains).map((chain) => isAlive(chain, now)))
      return Object.keys(chains).filter((_, at) => alive[at])
    }),
    async read(name, round) {
      const chain = Object.hasOwn(all, name) ? all[name] : undefined
      if (chain === undefined) throw new Error(`no chain ${name}`)
      const before = known.get(keyOf(chain, round))
      if (before !== undefined) return before
      return Promise.any(relays.map((relay) => readFrom(relay, chain, round))).catch((error: unknown) => {
        throw new Error(`no relay tells round ${round} of ${name}`, { cause: error })
      })
    },
  }
}
const keyOf = (chain: DrandChain, round: number) => `${chain.hash}/${round}`

/**
 * [LD21] Who asks first after a minute waits for the relays; others meanwhile get what was known before. So at most one
 * reading of the database stays open for relays that do not answer.
 */
function remembered(look: (now: number) => Promise<readonly string[]>): (now: number) => Promise<readonly string[]> {
  let lookedAt = Number.NEGATIVE_INFINITY
  let names: readonly string[] = []
  return async (now) => {
    if (now - lookedAt < lookMs) return names
    lookedAt = now
    names = await look(now)
    return names
  }
}

type Told = Readonly<Record<string, unknown>>
/** [LD19] Undefined for anything but this round, signed by its chain. */
function randomnessOf(told: Told, chain: DrandChain, round: number): string | undefined {
  if (told['round'] !== round) return undefined
  const signature = hexOf(told['signature'])
  if (signature.length !== 2 * signatureBytes[chain.scheme]) return undefined
  const value = createHash('sha256').update(Buffer.from(signature, 'hex')).digest('hex')
  // Relays of the newest kind leave it out: it says nothing the signature does not.
  if (told['randomness'] !== undefined && told['randomness'] !== value) return undefined
  const signed = { round, signature, previousSignature: hexOf(told['previous_signature']) }
  return isSigned(chain.scheme, chain.publicKey, signed) ? value : undefined
}
/** In small letters; empty for what is no text of hexadecimal digits. */
function hexOf(told: unknown): string {
  return typeof told === 'string' && /^([0-9a-f]{2})+$/i.test(told) ? told.toLowerCase() : ''
}
function parsed(text: string): Told {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Told) : {}
  } catch {
    return {}
  }
}
