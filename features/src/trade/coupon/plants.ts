/** Bugs of coupons that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 25_000,
  bugs: [
    {
      bug: 'A stock gives one more than it has',
      file: 'store.ts',
      from: `AND issued + set_aside < total\n`,
      to: `AND issued + set_aside <= total\n`,
    },
    {
      bug: 'A person gets one more on another card',
      file: 'store.ts',
      from: `WHERE held.n < taken.per_user ON`,
      to: `WHERE held.n <= taken.per_user ON`,
    },
    {
      bug: 'A hold never lapses',
      file: 'rules.ts',
      from: `const isHeld = state === 'locked' && now < (lockedUntil ?? 0)`,
      to: `const isHeld = state === 'locked'`,
    },
    {
      bug: 'What is held is used after its end',
      file: 'rules.ts',
      from: `coupon.orderId === orderId && now < coupon.validUntil)`,
      to: `coupon.orderId === orderId)`,
    },
    {
      bug: 'A used coupon is let go',
      file: 'rules.ts',
      from: `  if (coupon.state === 'used') return { fault: 'coupon.state' }\n  if (coupon.state !== 'locked') return`,
      to: `  if (coupon.state !== 'locked' && coupon.state !== 'used') return`,
    },
    {
      bug: 'A refund lets a coupon live longer from its end, not from now',
      file: 'rules.ts',
      from: `Math.max(coupon.validUntil, now + extendMs)`,
      to: `coupon.validUntil + extendMs`,
    },
    {
      bug: 'Another order takes a coupon that is held',
      file: 'rules.ts',
      from: `if (state === 'used' || state === 'locked') return 'coupon.already_used'`,
      to: `if (state === 'used') return 'coupon.already_used'`,
    },
    {
      bug: 'A coupon is taken away while an order holds it',
      file: 'rules.ts',
      from: `return isFree(stateAt(coupon, now))`,
      to: `return isFree(stateAt(coupon, now)) || coupon.state === 'locked'`,
    },
    {
      bug: 'A stock cannot be made as small as what it gave out',
      file: 'server-parts.ts',
      from: `total < stock.issued) call.fail`,
      to: `total <= stock.issued) call.fail`,
    },
    {
      bug: 'A batch gives one more to who has all they may',
      file: 'server-host.ts',
      from: `countOf(userId) >= stock.perUser)`,
      to: `countOf(userId) > stock.perUser)`,
    },
    {
      bug: 'What is lost still counts against the budget',
      file: 'server-parts.ts',
      from: `const lost = moves.filter(({ from, to }) => isLost(to) && !isLost(from))`,
      to: `const lost = moves.filter(({ from, to }) => to.state === 'voided' && !isLost(from))`,
    },
    {
      bug: 'A cancelled order keeps what it used',
      file: 'server-orders.ts',
      from: `const isEnd = status === 'cancelled' || status === 'refunded'`,
      to: `const isEnd = status === 'refunded'`,
    },
    {
      bug: 'That an order is paid is forgotten before it takes something',
      file: 'server-orders.ts',
      from: `const rule = isPaid ? take : lock`,
      to: `const rule = lock`,
    },
    {
      bug: 'An order takes the coupon of another person',
      file: 'server-orders.ts',
      from: `  if (order.userId !== userId) call.fail('coupon.not_found')\n`,
      to: ``,
    },
    {
      bug: 'A coupon that an order asks for is not locked',
      file: 'store-items.ts',
      from: `ORDER BY i.coupon_id FOR UPDATE OF i`,
      to: `ORDER BY i.coupon_id`,
    },
    {
      bug: 'The hold of a coupon lasts beyond its end',
      file: 'rules.ts',
      from: `Math.min(now + lockMs, coupon.validUntil)`,
      to: `now + lockMs`,
    },
  ],
}
