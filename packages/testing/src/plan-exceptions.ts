/** Statements whose plan may read a whole table or sort a whole range, each with its reason: the only list of them. */

export interface PlanException {
  /** Stands in the text of the statement. */
  readonly part: string
  readonly reason: string
}

export const planExceptions: readonly PlanException[] = [
  {
    part: 'held AS MATERIALIZED (SELECT u.user_id FROM users u JOIN wanted',
    reason: 'Locks the people of one decision in the order of their ids: they are named in the statement.',
  },
  { part: 'FROM group_buy_places', reason: 'The places of one team or one person, some twenty at most.' },
  {
    part: 'FROM coupon_items WHERE app_id = $1 AND order_id = $2',
    reason: 'The coupons of one order: as many as an order takes.',
  },
  {
    part: 'FROM coupon_items i JOIN coupon_stocks s',
    reason: 'One person’s coupons, which the limits of their stocks bound; the page is sorted by what is due first.',
  },
  { part: 'DELETE FROM idempotency', reason: 'The daily sweep of all apps, which no request waits for.' },
]
