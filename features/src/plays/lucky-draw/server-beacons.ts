/** Tells members which public randomness a new draw may count on. */
import { serveEndpoint } from '@qun/core'
import { beaconsOf } from './contract.ts'
import type { BeaconChain } from './rules.ts'

/** A public source of randomness, such as drand. */
export interface Beacon {
  /** The chains draws may name. */
  readonly chains: Readonly<Record<string, BeaconChain>>
  /** [LD21] Names of those a draw posted now may count on, best first; all of them where it is absent. */
  readonly offered?: (now: number) => Promise<readonly string[]>
  /** The randomness of a round in hex. Throws while the round is not there or out of reach: asked again later. */
  read(chain: string, round: number): Promise<string>
}

/** [LD21] */
export const serveBeacons = (beacon: Beacon | undefined) =>
  serveEndpoint(beaconsOf, async ({ now }) => {
    if (beacon === undefined) return { chains: [] }
    const names = (await beacon.offered?.(now)) ?? Object.keys(beacon.chains)
    const offered = names.flatMap((name) => {
      const chain = beacon.chains[name]
      return chain === undefined ? [] : [{ chain: name, genesisAt: chain.genesisAt, periodMs: chain.periodMs }]
    })
    return { chains: offered }
  })
