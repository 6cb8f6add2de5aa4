/**
 * [MER9] Proves of each card that gives a merchant's value that somebody stood behind it who might: staff who could
 * `issue` at that instant, or the host's own key. Which kinds give is in the contracts.
 */
import { givesOf, type Card } from '@qun/contract'
import { checkEach, type Audit } from '@qun/storage'
import { sql } from 'kysely'
import type { Feature } from './feature.ts'

/**
 * A decision has the instant at which it began and may wait for its locks then, no longer than this: what was told in
 * between came after it, or before.
 */
const waitMaxMs = 60_000
/** Since then the log says which posts were the host's. Those before it in merchants' groups are not judged. */
const saidSince = sql`(SELECT applied_at FROM qun_migrations WHERE id = 'core-018')`

interface Issued {
  readonly app_id: string
  readonly group_id: string
  readonly seq: number
  readonly kind: string
  readonly sender_id: string
  readonly body: string
  readonly fault: string
}

/** Why nobody might have given anything by the message `m` of the group `g`; null where somebody might. */
export const issueFault = sql<string | null>`CASE
    WHEN g.merchant_path IS NULL THEN 'in a friends’ group'
    WHEN m.at < ${saidSince} THEN NULL
    WHEN EXISTS (SELECT FROM merchants t WHERE t.app_id = m.app_id AND t.merchant_id = ANY(g.merchant_path)
      AND m.at > t.suspended_at + ${sql.lit(waitMaxMs)}) THEN 'of a suspended merchant'
    WHEN m.by_host AND m.sender_id = '' OR EXISTS (SELECT FROM merchant_staff s WHERE s.app_id = m.app_id
      AND s.merchant_id = ANY(g.merchant_path) AND s.user_id = m.sender_id AND 'issue' = ANY(s.abilities)
      AND s.since <= m.at + ${sql.lit(waitMaxMs)} AND (s.until IS NULL OR s.until > m.at - ${sql.lit(waitMaxMs)})) THEN NULL
    ELSE 'who might not give it' END`
/** Cards of these kinds nobody might have posted: all that is read of a log, whichever its length, is their bodies. */
const suspects = (kinds: readonly string[]) => sql<Issued>`SELECT * FROM (
    SELECT m.app_id, m.group_id, m.seq, m.kind, m.sender_id, m.body, ${issueFault} AS fault
    FROM messages m JOIN groups g USING (app_id, group_id)
    WHERE m.kind = ANY(${[...kinds]}::text[]) AND m.recalled_at IS NULL) t WHERE fault IS NOT NULL`

/** Of a kind whose cards give what their body says: for a body it has not, it cannot say. */
const mayIssue = ({ gives }: Pick<Card, 'gives'>): boolean => gives === 'issued' || typeof gives === 'function'

export function issuedAudit(features: readonly Feature[]): Audit {
  const cards = new Map(
    features.flatMap((feature) => (feature.cards ?? []).map(({ card }) => [card.kind, card as Card] as const)),
  )
  const kinds = [...cards.values()].filter(mayIssue).map(({ kind }) => kind)
  return checkEach(
    'MER9',
    'Each card that gives what a merchant issues is in a group of it, by staff who could give it then or by the host.',
    suspects(kinds),
    ({ app_id, group_id, seq, kind, sender_id, body, fault }) => {
      const card = cards.get(kind)
      if (card === undefined || givesOf(card, JSON.parse(body)) !== 'issued') return undefined
      return `${app_id}/${group_id}/${seq}: ${kind} by ${sender_id === '' ? 'the system' : sender_id}, ${fault}`
    },
  )
}
