/** Statements that may meet more rows than others on the way to what they show, each with its reason: the only list. */

export interface RowException {
  /** Stands in the text of the statement, white space as single spaces. */
  readonly part: string
  readonly reason: string
}

export const rowExceptions: readonly RowException[] = [
  {
    part: 'AS word_name, at.mentions, f.long_faces,',
    reason: 'Up to 500 conversations, each with nine look-ups by key and at most a hundred unread mentions.',
  },
  { part: 'DELETE FROM idempotency', reason: 'The daily sweep of all apps, which no request waits for.' },
  {
    part: 'FROM groups g CROSS JOIN unnest($1::text[]) AS n(fold)',
    reason: 'The look of a worker for folds nobody noted.',
  },
  { part: 'FROM ledger_exceptions', reason: 'The operator’s list of differences that are to be looked into.' },
  { part: 'FROM ledger_budgets', reason: 'The host lists the caps one shop has set, some dozens.' },
  { part: 'AND words LIKE', reason: 'Staff searches the shop’s products by a part of a word; a shop has hundreds.' },
  { part: 'product_places', reason: 'The places of one group, which its shelf bounds.' },
  { part: 'AND version > $3 ORDER BY version', reason: 'A gap on a lossy bus: some seconds of one group.' },
  { part: 'AND user_id = ANY($4::text[])', reason: 'Mentions of a gap on a lossy bus: some seconds of one group.' },
  { part: 'SELECT group_id FROM members WHERE app_id = $1 AND user_id = $2', reason: 'The host renames a person.' },
]
