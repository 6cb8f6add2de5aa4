/** What an auditor may check of the ledger at any time, over all apps; reads only. */
import { check, type Audit } from '@qun/storage'
import { sql } from 'kysely'

export const ledgerAudits: readonly Audit[] = [
  check(
    'L1',
    'Every transfer has at least two entries of its currency, which sum to zero; no entry is without a transfer.',
    sql`SELECT app_id, ref, count(e.account) AS entries, sum(e.amount) AS total FROM ledger_transfers t
      FULL JOIN ledger_entries e USING (app_id, ref) GROUP BY app_id, ref
      HAVING count(e.account) < 2 OR sum(e.amount) <> 0 OR count(t.currency) <> count(e.account)`,
  ),
  check(
    'L2',
    'The balances of all accounts of a currency sum to zero.',
    sql`SELECT app_id, currency, sum(balance) AS total FROM ledger_accounts
      GROUP BY app_id, currency HAVING sum(balance) <> 0`,
  ),
  check(
    'L3',
    'A balance is the sum of its entries; they are numbered without a hole and each tells the balance after it.',
    sql`SELECT app_id, account, currency, a.balance, a.last_entry, e.total, e.n FROM ledger_accounts a
      FULL JOIN (SELECT app_id, account, currency, sum(amount) AS total, count(*) AS n, max(entry_no) AS last
        FROM ledger_entries GROUP BY 1, 2, 3) e USING (app_id, account, currency)
      WHERE a.balance IS DISTINCT FROM coalesce(e.total, 0) OR a.last_entry IS DISTINCT FROM coalesce(e.n, 0)
        OR coalesce(e.last, 0) <> coalesce(e.n, 0)
      UNION ALL SELECT app_id, account, currency, balance_after, entry_no, running, 0 FROM (
        SELECT app_id, account, currency, entry_no, balance_after,
          sum(amount) OVER (PARTITION BY app_id, account, currency ORDER BY entry_no) AS running
        FROM ledger_entries) t WHERE running <> balance_after`,
  ),
  check(
    'L4',
    'No account is below its floor, and whoever holds value for somebody has one.',
    sql`SELECT app_id, account, currency, balance, floor FROM ledger_accounts
      WHERE balance < floor OR (floor IS NULL AND account ~ '^(user|escrow|budget)/')`,
  ),
  check(
    'L7',
    'A reversal mirrors its original entry by entry, and an original has one reversal at most.',
    sql`SELECT app_id, ref, reverses, account, sum(original) AS original, sum(mirror) AS mirror FROM (
        SELECT t.app_id, t.ref, t.reverses, e.account, e.amount AS original, 0 AS mirror FROM ledger_transfers t
          JOIN ledger_entries e ON e.app_id = t.app_id AND e.ref = t.reverses WHERE t.reverses IS NOT NULL
        UNION ALL SELECT t.app_id, t.ref, t.reverses, e.account, 0, e.amount FROM ledger_transfers t
          JOIN ledger_entries e ON e.app_id = t.app_id AND e.ref = t.ref WHERE t.reverses IS NOT NULL) both_sides
      GROUP BY app_id, ref, reverses, account HAVING sum(original) <> -sum(mirror)
      UNION ALL SELECT app_id, min(ref), reverses, 'reversals', count(*), 1 FROM ledger_transfers
        WHERE reverses IS NOT NULL GROUP BY app_id, reverses HAVING count(*) > 1
      UNION ALL SELECT t.app_id, t.ref, t.reverses, 'no original', 0, 0 FROM ledger_transfers t
        LEFT JOIN ledger_transfers o ON o.app_id = t.app_id AND o.ref = t.reverses
        WHERE t.reverses IS NOT NULL AND o.ref IS NULL`,
  ),
  check(
    'L8',
    'The entries of a transfer are of its currency and of accounts of its app.',
    sql`SELECT app_id, ref, min(currency) AS currency, max(currency) AS other FROM (
        SELECT app_id, ref, currency FROM ledger_transfers
        UNION ALL SELECT app_id, ref, currency FROM ledger_entries) t
      GROUP BY app_id, ref HAVING min(currency) <> max(currency)
      UNION ALL (SELECT app_id, account, currency, 'no account' FROM ledger_entries
        EXCEPT SELECT app_id, account, currency, 'no account' FROM ledger_accounts)`,
  ),
  check(
    'LDG8',
    'What a budget counts as spent is the sum of what was given under its keys and not taken back.',
    sql`SELECT app_id, scope, subject, currency, s.spent, t.total FROM ledger_spent s
      FULL JOIN (SELECT app_id, a.scope, a.subject, currency, sum(amount) AS total
        FROM ledger_spendings, unnest(scopes, subjects) AS a(scope, subject) GROUP BY 1, 2, 3, 4) t
        USING (app_id, scope, subject, currency)
      WHERE s.spent IS DISTINCT FROM coalesce(t.total, 0)`,
  ),
  check(
    'MER5',
    'Nothing is given beyond the cap that stood when it was given.',
    sql`SELECT app_id, scope, subject, currency, spent, cap FROM ledger_spent WHERE spent > cap`,
  ),
  check(
    'LDG12',
    'What is left of a lot is what entries put into it and took from it, and an account holds at least its lots.',
    sql`SELECT app_id, account, currency, expires_at, l.remaining, m.total FROM ledger_lots l
      FULL JOIN (SELECT app_id, account, currency, (move->>0)::bigint AS expires_at, sum((move->>1)::bigint) AS total
        FROM ledger_entries, jsonb_array_elements(lots) AS move GROUP BY 1, 2, 3, 4) m
        USING (app_id, account, currency, expires_at)
      WHERE l.remaining IS DISTINCT FROM m.total
      UNION ALL SELECT app_id, account, currency, NULL, sum(l.remaining), a.balance FROM ledger_lots l
        JOIN ledger_accounts a USING (app_id, account, currency) GROUP BY 1, 2, 3, a.balance, a.has_lots
        HAVING sum(l.remaining) > a.balance OR (sum(l.remaining) > 0) <> a.has_lots`,
  ),
  check(
    'L10',
    'The accounts of a provider mirror its settled instructions, and what is in transit is what is not settled yet.',
    sql`SELECT app_id, account, currency, a.balance, i.total FROM (
        SELECT app_id, currency, 'provider/' || provider AS account, sum(CASE WHEN state <> 'confirmed' THEN 0
          WHEN kind = 'charge' THEN -amount ELSE amount END) AS total FROM ledger_instructions GROUP BY 1, 2, 3
        UNION ALL SELECT app_id, currency, 'transit/' || provider, sum(CASE WHEN kind = 'charge'
          OR state IN ('confirmed', 'failed') THEN 0 ELSE amount END) FROM ledger_instructions GROUP BY 1, 2, 3) i
      LEFT JOIN ledger_accounts a USING (app_id, account, currency) WHERE coalesce(a.balance, 0) <> i.total`,
  ),
]
