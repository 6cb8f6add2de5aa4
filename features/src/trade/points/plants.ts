/** Bugs of points that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 3_000,
  bugs: [
    {
      bug: 'Something is granted for an order that ended',
      file: 'server.ts',
      from: `order.ended || order.userId !== userId`,
      to: `order.userId !== userId`,
    },
    {
      bug: 'Something is granted for the order of another person',
      file: 'server.ts',
      from: `order.ended || order.userId !== userId`,
      to: `order.ended`,
    },
    {
      bug: 'An order carries one grant more',
      file: 'server.ts',
      from: `.length >= grantsPerOrderMax`,
      to: `.length > grantsPerOrderMax`,
    },
    {
      bug: 'A reversed grant still counts against the caps',
      file: 'server.ts',
      from: `    await unspend(call, refOf(ref))\n`,
      to: ``,
    },
    {
      bug: 'A refunded grant still counts against the caps',
      file: 'server-orders.ts',
      from: `    await unspend(call, ref)\n    return { amount, missing: 0 }`,
      to: `    return { amount, missing: 0 }`,
    },
    {
      bug: 'Of a grant that was spent, what is missing counts no more',
      file: 'server-orders.ts',
      from: `unspend(call, ref, amount - left)`,
      to: `unspend(call, ref)`,
    },
    {
      bug: 'A refund takes nothing of what was spent in part',
      file: 'server-orders.ts',
      from: `  if (left === 0) return`,
      to: `  if (left < amount) return`,
    },
    {
      bug: 'A cancelled order keeps what was granted for it',
      file: 'server-orders.ts',
      from: `(status !== 'refunded' && status !== 'cancelled')`,
      to: `status !== 'refunded'`,
    },
    {
      bug: 'Whose an order is that was only told of is forgotten',
      file: 'server-orders.ts',
      from: `    // Also of an order nothing was granted for yet:`,
      to: `    if (status === 'paid' || status === 'received') return\n    // Also of an order nothing was granted for yet:`,
    },
    {
      bug: 'That an order ended is forgotten',
      file: 'server-orders.ts',
      from: `    await endOrder(call, orderId)\n`,
      to: ``,
    },
    {
      bug: 'A grant counts against the day of who gives it',
      file: 'server.ts',
      from: `[memberDay(issuer, userId, call.now), ...givenBy`,
      to: `[memberDay(issuer, giver.userId, call.now), ...givenBy`,
    },
    {
      bug: 'Points are granted that have lapsed already',
      file: 'server.ts',
      from: `at === undefined || isTwice || at <= call.now ?`,
      to: `at === undefined || isTwice ?`,
    },
    {
      bug: 'An order is not locked while something is granted for it',
      file: 'store.ts',
      from: `AND order_id = \${orderId} FOR UPDATE\`.execute(tx)\n  return rows[0] as OrderRow`,
      to: `AND order_id = \${orderId}\`.execute(tx)\n  return rows[0] as OrderRow`,
    },
    {
      bug: 'A deduction that is told again is one more',
      file: 'server.ts',
      from: `    ref: refOf(body.ref),\n    currency: issuer.points,`,
      to: `    ref: \`\${refOf(body.ref)}/\${call.randomHex(4)}\`,\n    currency: issuer.points,`,
    },
  ],
}
