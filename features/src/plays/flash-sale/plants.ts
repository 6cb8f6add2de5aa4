/** Bugs of flash sales that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 3_000,
  bugs: [
    {
      bug: 'The limit of a person forgets the pieces that are asked for',
      file: 'rules.ts',
      from: `takenCount + quantity > sale.perMember`,
      to: `takenCount >= sale.perMember`,
    },
    {
      bug: 'The last piece is not sold',
      file: 'rules.ts',
      from: `quantity > left ? 'flash_sale.sold_out'`,
      to: `quantity >= left ? 'flash_sale.sold_out'`,
    },
    {
      bug: 'What is paid late is sold after the end',
      file: 'rules.ts',
      from: `now >= sale.endsAt ? 'flash_sale.ended' : countFault(`,
      to: `countFault(`,
    },
    {
      bug: 'That an order ended is forgotten when it was not heard of before',
      file: 'server-host.ts',
      from: `    if (isEnded) await endOrder(call.tx, call.appId, orderId, call.now)\n`,
      to: ``,
    },
    {
      bug: 'A refunded piece still counts against its buyer',
      file: 'server-holds.ts',
      from: `boughtCount: mine.boughtCount - (isSold ? quantity : 0)`,
      to: `boughtCount: mine.boughtCount`,
    },
    {
      bug: 'Refunded pieces do not go back on sale',
      file: 'server-holds.ts',
      from: `setLeft(call, call.state.left + quantity, isSold ?`,
      to: `setLeft(call, call.state.left + (isSold ? 0 : quantity), isSold ?`,
    },
    {
      bug: 'A lapsed hold that the host cancelled is still paid',
      file: 'server-host.ts',
      from: `  if (hold.state === 'lapsed') await moveHolds(sale, [hold.holdId], ['lapsed', 'cancelled'])\n`,
      to: ``,
    },
    {
      bug: 'What is paid late takes no pieces anew',
      file: 'server-host.ts',
      from: `setLeft(sale, sale.state.left - (isLate ? quantity : 0), quantity)`,
      to: `setLeft(sale, sale.state.left, quantity)`,
    },
    {
      bug: 'What is paid late does not count what its buyer holds meanwhile',
      file: 'server-host.ts',
      from: `mine.boughtCount + (isDue ? 0 : (mine.hold?.quantity ?? 0))`,
      to: `mine.boughtCount`,
    },
    {
      bug: 'Strangers buy before their time',
      file: 'server-host.ts',
      from: `isMember: member?.active === true`,
      to: `isMember: member?.active !== false`,
    },
    {
      bug: 'An order pays for one hold after the other',
      file: 'rules.ts',
      from: `  if (isOrderUsed) return 'flash_sale.order_used'\n`,
      to: ``,
    },
    {
      bug: 'A hold stands until somebody sweeps it away',
      file: 'server-holds.ts',
      from: `mine.hold !== null && call.now < mine.hold.until`,
      to: `mine.hold !== null`,
    },
  ],
}
