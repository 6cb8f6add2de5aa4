/** Statements whose plan may read a whole table or sort a whole range, each with its reason: the only list of them. */

export interface PlanException {
  /** Stands in the text of the statement. */
  readonly part: string
  readonly reason: string
}

export const planExceptions: readonly PlanException[] = [
  {
    part: 'rank() OVER inorder > 1 AND sum(length) OVER inorder >',
    reason: 'One person’s conversations, at most 500 and those they left since, in the order in which they are told.',
  },
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
  {
    part: 'WITH RECURSIVE names AS',
    reason: 'A look for what is due: so many steps along the index, whose few rows are then put in order (WORK5).',
  },
  { part: 'WITH RECURSIVE queues AS', reason: 'A look for facts that wait, bounded in steps as well (WORK5).' },
  { part: 'DELETE FROM reaction_names', reason: 'Names of code, some dozens, looked through by the sweep.' },
  { part: 'DELETE FROM idempotency', reason: 'The daily sweep of all apps, which no request waits for.' },
  { part: 'FROM flash_sale_holds', reason: 'The holds that stand of one sale: at most its stock.' },
  { part: 'FROM ledger_exceptions', reason: 'The operator’s list of differences that are to be looked into.' },
  { part: 'FROM ledger_lots', reason: 'A timer looks for points that run out; no request waits for it.' },
  { part: 'FROM ledger_instructions', reason: 'Payments a provider was asked for and not heard of: few at any time.' },
  { part: 'from "membership_created"', reason: 'The groups one person made within a day, which are limited.' },
  { part: 'FROM product_products WHERE app_id = $1 AND link_key', reason: 'The products of one link: one, or a few.' },
  { part: 'FROM coupon_stocks s WHERE app_id = $1 AND status', reason: 'The stocks a shop has open: hundreds.' },
  {
    part: 'FROM member_level_people WHERE app_id = $1 AND group_id = $2 AND points > 0',
    reason:
      'Who may stand on the page is found along an index; what is left of points changes with time, so those few are sorted.',
  },
  { part: 'FROM ledger_budgets', reason: 'The caps one shop has set, some dozens, in the order of their names.' },
  { part: 'FROM invitation_rules', reason: 'The rules of one shop: one for each of its groups.' },
  {
    part: 'm.group_id AS "groupId", g.merchant_path[1] AS "merchantId", m.role',
    reason: 'The groups one person runs, at most 500, looked through when they leave their merchant.',
  },
  {
    part: 'SELECT s.user_id FROM merchant_staff s LEFT JOIN LATERAL',
    reason: 'The staff of one merchant and of those above it, in the order in which they get a group.',
  },
  {
    part: 'FROM merchant_waiting WHERE app_id',
    reason: 'Groups that wait for somebody to run them: few at any time, and none of them asked for by a member.',
  },
]
