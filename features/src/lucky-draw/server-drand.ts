/**
 * Reads the League of Entropy's public randomness (drand) for draws, over relays the host names. It knows no draw, and
 * opens no connection of its own: `fetch` is handed in.
 */
import { createHash } from 'node:crypto'
import type { BeaconChain } from './rules.ts'
import type { Beacon } from './server.ts'

export interface DrandChain extends BeaconChain {
  /** Names the chain to relays. */
  readonly hash: string
  /** Bytes of a round's signature. */
  readonly signatureBytes: number
}
/** The two public chains. Neither ever changes: the hash covers genesis, period and public key. */
export const drandChains: Readonly<Record<'quicknet' | 'default', DrandChain>> = {
  quicknet: {
    hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
    genesisAt: 1_692_803_367_000,
    periodMs: 3_000,
    signatureBytes: 48,
  },
  default: {
    hash: '8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce',
    genesisAt: 1_595_431_050_000,
    periodMs: 30_000,
    signatureBytes: 96,
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

/**
 * [LD19] What a round is: SHA-256 of its signature, as at least two relays tell it (one, where only one is named).
 * NOTE: the signature itself is not checked, node has no pairing; a host that wants it wraps this with a BLS library.
 */
export function drandBeacon({ fetch, relays = drandRelays, chains = drandChains }: DrandOptions): Beacon {
  const byHash = Object.values(chains).map((chain) => [chain.hash, chain] as const)
  const all: Readonly<Record<string, DrandChain>> = { ...chains, ...Object.fromEntries(byHash) }
  const known = new Map<string, string>()
  const ask = async (relay: string, chain: DrandChain, round: number): Promise<string> => {
    const signal = AbortSignal.timeout(relayWaitMs)
    const response = await fetch(`${relay}/${chain.hash}/public/${round}`, { signal })
    const text = await response.text()
    const value = response.ok && text.length <= answerMax ? randomnessOf(text, chain, round) : undefined
    if (value === undefined) throw new Error(`${relay} does not tell round ${round}`)
    return value
  }
  return {
    chains: all,
    async read(name, round) {
      const chain = Object.hasOwn(all, name) ? all[name] : undefined
      if (chain === undefined) throw new Error(`no chain ${name}`)
      const key = `${chain.hash}/${round}`
      const before = known.get(key)
      if (before !== undefined) return before
      const answers = await Promise.allSettled(relays.map((relay) => ask(relay, chain, round)))
      const told = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
      const [value] = told
      const isAgreed = told.length >= Math.min(2, relays.length) && told.every((each) => each === value)
      if (value === undefined || !isAgreed) throw new Error(`relays do not agree on round ${round}`)
      if (known.size >= knownMax) known.clear()
      known.set(key, value)
      return value
    },
  }
}

/** [LD19] Undefined for anything but this round with the hash of its own signature. */
function randomnessOf(text: string, chain: DrandChain, round: number): string | undefined {
  const told = parsed(text)
  if (told['round'] !== round || typeof told['signature'] !== 'string') return undefined
  const signature = told['signature'].toLowerCase()
  if (signature.length !== 2 * chain.signatureBytes || !/^[0-9a-f]+$/.test(signature)) return undefined
  const value = createHash('sha256').update(Buffer.from(signature, 'hex')).digest('hex')
  // Relays of the newest kind leave it out: it says nothing the signature does not.
  return told['randomness'] === undefined || told['randomness'] === value ? value : undefined
}
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
