/** Bugs of red packets that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 20_000,
  bugs: [
    {
      bug: 'A share for each member is one too many',
      file: 'rules.ts',
      from: `count > place.memberCount ?`,
      to: `count >= place.memberCount ?`,
    },
    {
      bug: 'Who is muted opens',
      file: 'rules.ts',
      from: `  if (opener.mutedUntil > packet.now) return 'member.muted'\n`,
      to: ``,
    },
    {
      bug: 'Anybody opens what is for one',
      file: 'rules.ts',
      from: `recipientId !== undefined && recipientId !== opener.userId`,
      to: `recipientId !== undefined && opener.userId === ''`,
    },
    {
      bug: 'Shares are opened after the end while its job is late',
      file: 'rules.ts',
      from: `return state.phase === 'expired' || now >= state.expiresAt ?`,
      to: `return state.phase === 'expired' ?`,
    },
    {
      bug: 'A sixth phrase may be tried',
      file: 'rules.ts',
      from: `(mine?.tries ?? 0) < triesMax`,
      to: `(mine?.tries ?? 0) <= triesMax`,
    },
    {
      bug: 'One more of equal shares gets one more',
      file: 'rules.ts',
      from: `i < rest ? share + 1 : share`,
      to: `i <= rest ? share + 1 : share`,
    },
    {
      bug: 'A packet is finished one share late',
      file: 'server.ts',
      from: `if (ord + 1 === body.count) await finish`,
      to: `if (ord === body.count) await finish`,
    },
    {
      bug: 'A packet is taken back after somebody opened it',
      file: 'server.ts',
      from: `call.state.phase !== 'open' || call.state.claimedCount > 0)`,
      to: `call.state.phase !== 'open')`,
    },
    {
      bug: 'The latest of several highest shares is the luckiest',
      file: 'rules.ts',
      from: `shares.indexOf(Math.max(...shares))`,
      to: `shares.lastIndexOf(Math.max(...shares))`,
    },
    {
      bug: 'Whoever opened one opens another',
      file: 'rules.ts',
      from: `  if (mine?.amount !== undefined) return 'again'\n`,
      to: ``,
    },
    {
      bug: 'What nobody opened stays in the packet',
      file: 'server.ts',
      from: `jobs: { expire: (call) => settle(call, 'expired', terms),`,
      to: `jobs: { expire: () => undefined,`,
    },
    {
      bug: 'A random share is more than the limit',
      file: 'rules.ts',
      from: `left - min * (k - 1), max))`,
      to: `left - min * (k - 1)))`,
    },
  ],
}
