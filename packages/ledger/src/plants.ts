/** Bugs of the ledger that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 6_000,
  bugs: [
    {
      bug: 'What has lapsed is spent while nobody moved it',
      file: 'posting.ts',
      from: `order.isExpiry || isEscrow(leg.account) ? 0 : lapsedOf(state.lots, now)`,
      to: `0`,
    },
    {
      bug: 'What lapses last is spent first',
      file: 'lots.ts',
      from: `toSorted((a, b) => a - b)) {`,
      to: `toSorted((a, b) => b - a)) {`,
    },
    {
      bug: 'Other content under a known key is taken for the same',
      file: 'posting.ts',
      from: `      if (standing.content !== order.content) return { code: 'idempotency.key_reused', detail: order.ref }\n`,
      to: ``,
    },
    {
      bug: 'A transfer is reversed twice',
      file: 'posting.ts',
      from: `if (reversals.has(order.reverses)) return`,
      to: `if (reversals.has(order.ref)) return`,
    },
    {
      bug: 'A frozen account receives nothing',
      file: 'posting.ts',
      from: `state.frozen && leg.amount < 0 && !order.isExpiry`,
      to: `state.frozen && !order.isExpiry`,
    },
    {
      bug: 'What an escrow keeps lapses there',
      file: 'posting.ts',
      from: `(at) => isEscrow(account) || at <= now === isExpiry`,
      to: `(at) => at <= now === isExpiry`,
    },
    {
      bug: 'What comes back to an issuer has a date',
      file: 'posting.ts',
      from: `lots.length > 0 || floor === null) return lots`,
      to: `lots.length > 0) return lots`,
    },
    {
      bug: 'An expiry takes what has not lapsed',
      file: 'expiry.ts',
      from: `if (expiresAt <= call.now) amount += remaining`,
      to: `if (expiresAt > 0) amount += remaining`,
    },
    {
      bug: 'What a reversal gives back never lapses',
      file: 'transfers.ts',
      from: `lots: amount < 0 ? lots.map(([at, taken]): LotMoves[number] => [at, -taken]) : [],`,
      to: `lots: [],`,
    },
    {
      bug: 'What passes through an escrow loses its date',
      file: 'posting.ts',
      from: `legs.some(({ account }) => isEscrow(account))\n  return passes`,
      to: `legs.every(({ account }) => isEscrow(account))\n  return passes`,
    },
    {
      bug: 'An account pays one more than it has',
      file: 'posting.ts',
      from: `if (after - kept >= state.floor) return undefined`,
      to: `if (after - kept >= state.floor - 1) return undefined`,
    },
  ],
}
