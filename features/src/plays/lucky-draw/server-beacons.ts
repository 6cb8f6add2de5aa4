/** Tells members which public randomness a new draw may count on. */
import { serveEndpoint } from '@qun/core'
import { beaconsOf } from './contract.ts'
import type { Beacon } from './server.ts'

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
