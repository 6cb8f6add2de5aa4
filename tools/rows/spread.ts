/** Fills tables nobody wrote rows for by the looks of their columns, so that a new feature's are large, too. */
import type { Client } from 'pg'
import { big } from './big-tables.ts'

interface Column {
  readonly name: string
  readonly type: string
  /** Part of the primary key. */
  readonly isKey: boolean
}
const rows = 100_000
/** Every fifth row is of the giant group. */
const inGiant = 'n % 5 = 0'
const person = /(?:^|_)(?:user|actor|sender|owner|inviter|invitee|member|person|viewer|sharer)(?:_id)?$/

/** Fills every empty table of tenants but those `filled` elsewhere; answers which could not be filled, and why. */
export async function spreadRows(client: Client, filled: ReadonlySet<string>): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string; columns: Column[] }>(
    `SELECT c.relname AS name, json_agg(json_build_object('name', a.attname, 'type', t.typname,
        'isKey', coalesce(a.attnum = ANY(i.indkey), false)) ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
      JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname ORDER BY c.relname`,
  )
  const untold: string[] = []
  for (const { name, columns } of tables) {
    if (filled.has(name) || !columns.some((column) => column.name === 'app_id')) continue
    const { rows: found } = await client.query(`SELECT 1 FROM ${name} LIMIT 1`)
    if (found.length > 0) continue
    const values = columns.map((column) => valueOf(column, columns))
    try {
      // A table with triggers that look at each row is left as it is.
      await client.query(`BEGIN; SET LOCAL statement_timeout = '20s'`)
      await client.query(
        `INSERT INTO ${name} (${columns.map((column) => `"${column.name}"`).join(', ')})
          SELECT ${values.join(', ')} FROM generate_series(0, ${rows - 1}) AS n ON CONFLICT DO NOTHING`,
      )
      await client.query('COMMIT')
      await client.query(`ANALYZE ${name}`)
    } catch (error) {
      await client.query('ROLLBACK')
      untold.push(`${name}: ${(error as Error).message}`)
    }
  }
  return untold
}

function valueOf({ name, type, isKey }: Column, all: readonly Column[]): string {
  if (name === 'app_id') return `'${big.appId}'`
  if (name === 'group_id')
    return `CASE WHEN ${inGiant} THEN '${big.groupId}' ELSE 'grp_' || lpad((1 + n % 99999)::text, 8, '0') END`
  const isOfPeople = all.some((column) => column.isKey && person.test(column.name))
  // All rows of the giant group are of one card where people are part of the key.
  if (name === 'seq') return isOfPeople ? `CASE WHEN ${inGiant} THEN 1 ELSE n + 1 END` : 'n + 1'
  switch (type) {
    case 'text':
      return person.test(name)
        ? `CASE n % 1000 WHEN 0 THEN '${big.userId}' ELSE 'p' || n END`
        : isKey
          ? `'x' || n`
          : `'x' || n % 1000`
    case 'int2':
    case 'int4':
    case 'int8':
      return isKey ? 'n + 1' : 'n % 30000 + 1'
    case 'numeric':
      return 'n'
    case 'bool':
      return 'n % 2 = 0'
    case 'json':
    case 'jsonb':
      return `'{}'`
    case 'uuid':
      return 'md5(n::text)::uuid'
    case 'bytea':
      return `'\\x00'`
    case 'timestamptz':
      return `'2026-01-01'`
    case 'date':
      return `'2026-01-01'::date + n % 1000`
    default:
      return type.startsWith('_') ? `'{}'` : 'NULL'
  }
}
