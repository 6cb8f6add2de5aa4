/** What must hold of offers at every commit, whatever their kind of card; reads only, all apps at once. */
import { check, type Audit } from '@qun/storage'
import { sql, type RawBuilder } from 'kysely'

export interface AuditedKind {
  readonly kind: string
  readonly table: string
  /** What it is called in what the auditor says. */
  readonly title: string
  /** The field of its body for the list price. */
  readonly listField: string
  /** SQL of the lowest price that the body of the message `m` says. */
  readonly lowest: RawBuilder<unknown>
  /** SQL of what the pieces of the offer `o` were cut that are sold, or may still be. */
  readonly kept: RawBuilder<unknown>
}
const place = sql`m.app_id || '/' || m.group_id || '/' || m.seq`
export function offerAudits({ kind, table, title, listField, lowest, kept }: AuditedKind): readonly Audit[] {
  return [
    check(
      'MER4',
      `No ${title} stands below the floor of its product as it stood when posted, and each says its list price.`,
      sql`SELECT 'the prices of ' || ${place} AS place
        FROM messages m LEFT JOIN ${sql.table(table)} o USING (app_id, group_id, seq)
        WHERE m.kind = ${sql.lit(kind)} AND m.recalled_at IS NULL AND m.body->'merchant' IS NOT NULL
          AND (o.seq IS NULL OR ${lowest} <> o.price_fen OR o.price_fen < coalesce(o.floor_fen, 0)
            OR (o.floor_fen IS NULL AND NOT o.by_host AND o.price_fen < o.list_fen)
            OR (m.body->>${sql.lit(listField)})::bigint <> o.list_fen OR m.body->>'productId' <> o.product_id
            OR m.body->'merchant'->>'merchantId' <> o.merchant_id)`,
    ),
    check(
      'MER4',
      `While it lasts a ${title} is counted with all its pieces among those of its product.`,
      sql`SELECT 'the pieces of ' || ${place} || ' count as ' || coalesce(p.pieces, 0) AS place
        FROM ${sql.table(table)} o JOIN messages m USING (app_id, group_id, seq)
        LEFT JOIN offer_pieces p USING (app_id, group_id, seq)
        WHERE o.cut_fen IS NOT NULL AND o.over_at IS NULL AND (p.pieces IS DISTINCT FROM (m.body->>'stock')::bigint
          OR p.product_id IS DISTINCT FROM o.product_id)`,
    ),
    check(
      'MER5',
      `While it lasts a ${title} counts all that it may cut off list prices, and from its end on what was sold.`,
      sql`SELECT 'the cut of ' || ${place} || ' counts ' || coalesce(s.amount, 0) AS place
        FROM ${sql.table(table)} o JOIN messages m USING (app_id, group_id, seq)
        LEFT JOIN ledger_spendings s ON s.app_id = o.app_id
          AND s.ref = ${sql.lit(kind)} || '/' || o.group_id || '/' || o.seq
        WHERE o.cut_fen IS NOT NULL AND ((o.over_at IS NULL) <> (m.recalled_at IS NULL AND m.state->>'phase' = 'on')
          OR o.cut_fen <> (o.list_fen - o.price_fen) * (m.body->>'stock')::bigint
          OR coalesce(s.amount, 0) <> CASE WHEN o.over_at IS NULL THEN o.cut_fen ELSE ${kept} END)`,
    ),
  ]
}
