/** The ledger's tables; features that move value put these before their own migrations. */
import { rls, type Migration } from '@qun/storage'

/** [LDG2] Refuses whatever would change or remove what was written: for every role, on replicas too. */
const appendOnly = (table: string): string => `
  CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
  ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${table}_append_only`

const tables = [
  'ledger_accounts',
  'ledger_transfers',
  'ledger_entries',
  'ledger_lots',
  'ledger_budgets',
  'ledger_spent',
  'ledger_instructions',
  'ledger_exceptions',
]

/** NOTE: `last_entry` and `balance` change with each entry, so accounts keep free space to be updated in place. */
export const ledgerMigrations: readonly Migration[] = [
  {
    id: 'ledger-001',
    up: [
      `CREATE TABLE ledger_accounts (
        app_id text NOT NULL, account text COLLATE "C" NOT NULL, currency text COLLATE "C" NOT NULL,
        floor bigint, balance bigint NOT NULL DEFAULT 0, last_entry bigint NOT NULL DEFAULT 0,
        frozen boolean NOT NULL DEFAULT false, has_lots boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, account, currency),
        CONSTRAINT ledger_accounts_floor CHECK (floor IS NULL OR balance >= floor),
        CONSTRAINT ledger_accounts_exact CHECK (balance BETWEEN -9007199254740991 AND 9007199254740991))
        WITH (fillfactor = 50)`,
      `CREATE TABLE ledger_transfers (
        app_id text NOT NULL, ref text COLLATE "C" NOT NULL, transfer_id text NOT NULL, currency text NOT NULL,
        reason text NOT NULL, group_id text, reverses text COLLATE "C", content text NOT NULL, at bigint NOT NULL,
        PRIMARY KEY (app_id, ref))`,
      `CREATE UNIQUE INDEX ledger_transfers_reversed_once ON ledger_transfers (app_id, reverses)
        WHERE reverses IS NOT NULL`,
      `CREATE TABLE ledger_entries (
        app_id text NOT NULL, account text COLLATE "C" NOT NULL, currency text COLLATE "C" NOT NULL,
        entry_no bigint NOT NULL CHECK (entry_no >= 1),
        amount bigint NOT NULL CHECK (amount <> 0 AND amount BETWEEN -9007199254740991 AND 9007199254740991),
        balance_after bigint NOT NULL, ref text COLLATE "C" NOT NULL, reason text NOT NULL, lots jsonb,
        at bigint NOT NULL,
        PRIMARY KEY (app_id, account, currency, entry_no))`,
      `CREATE INDEX ledger_entries_by_ref ON ledger_entries (app_id, ref)`,
      `CREATE TABLE ledger_lots (
        app_id text NOT NULL, account text COLLATE "C" NOT NULL, currency text COLLATE "C" NOT NULL,
        expires_at bigint NOT NULL, remaining bigint NOT NULL CHECK (remaining >= 0),
        PRIMARY KEY (app_id, account, currency, expires_at))`,
      `CREATE INDEX ledger_lots_due ON ledger_lots (app_id, currency, expires_at) WHERE remaining > 0`,
      `CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the ledger is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
        END $$`,
      `CREATE FUNCTION ledger_entries_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT FROM fresh GROUP BY app_id, ref
            HAVING sum(amount) <> 0 OR count(*) < 2 OR min(currency) <> max(currency)) THEN
            RAISE EXCEPTION 'a transfer has entries of one currency that sum to zero'
              USING ERRCODE = 'check_violation';
          END IF;
          RETURN NULL;
        END $$`,
      appendOnly('ledger_transfers'),
      appendOnly('ledger_entries'),
      `CREATE TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_balanced();
      ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_balanced`,
      `CREATE TABLE ledger_budgets (
        app_id text NOT NULL, scope text NOT NULL, currency text NOT NULL, cap bigint NOT NULL CHECK (cap >= 0),
        PRIMARY KEY (app_id, scope, currency))`,
      `CREATE TABLE ledger_spent (
        app_id text NOT NULL, scope text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL,
        currency text NOT NULL, spent bigint NOT NULL DEFAULT 0 CHECK (spent BETWEEN 0 AND 9007199254740991),
        PRIMARY KEY (app_id, scope, subject, currency))`,
      `CREATE TABLE ledger_instructions (
        app_id text NOT NULL, key text COLLATE "C" NOT NULL, provider text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('charge', 'pay-out', 'refund')), currency text NOT NULL,
        amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991), user_id text NOT NULL,
        account text NOT NULL, of_key text COLLATE "C",
        state text NOT NULL DEFAULT 'created'
          CHECK (state IN ('created', 'sent', 'unknown', 'confirmed', 'failed')),
        provider_ref text, settled_at bigint, attempts integer NOT NULL DEFAULT 0, trouble text,
        created_at bigint NOT NULL,
        PRIMARY KEY (app_id, key))`,
      `CREATE INDEX ledger_instructions_settled ON ledger_instructions (app_id, provider, settled_at)`,
      `CREATE INDEX ledger_instructions_refunds ON ledger_instructions (app_id, of_key) WHERE of_key IS NOT NULL`,
      `CREATE FUNCTION ledger_instructions_onward() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (OLD.state IN ('confirmed', 'failed') AND NEW.state <> OLD.state)
            OR (OLD.state <> 'created' AND NEW.state = 'created') OR (OLD.state = 'unknown' AND NEW.state = 'sent')
            OR (OLD.state = 'created' AND NEW.state NOT IN ('created', 'sent')) THEN
            RAISE EXCEPTION 'an instruction does not go from % to %', OLD.state, NEW.state
              USING ERRCODE = 'check_violation';
          END IF;
          RETURN NEW;
        END $$`,
      `CREATE TRIGGER ledger_instructions_onward BEFORE UPDATE ON ledger_instructions
        FOR EACH ROW EXECUTE FUNCTION ledger_instructions_onward()`,
      `CREATE TABLE ledger_exceptions (
        app_id text NOT NULL, provider text NOT NULL, key text NOT NULL, what text NOT NULL,
        told bigint, ours bigint, at bigint NOT NULL, resolved_at bigint, note text,
        PRIMARY KEY (app_id, provider, key, what))`,
      ...tables.map(rls),
    ],
  },
  {
    id: 'ledger-002',
    up: [
      // The condition is the one that reading a wallet has, so that spent lots cost it nothing.
      `CREATE INDEX ledger_lots_held ON ledger_lots (app_id, account, currency, expires_at) WHERE remaining <> 0`,
    ],
  },
  {
    id: 'ledger-003',
    up: [
      `ALTER TABLE ledger_instructions ADD COLUMN next_at bigint NOT NULL DEFAULT 0`,
      `CREATE INDEX ledger_instructions_waiting ON ledger_instructions (app_id, provider, next_at)
        WHERE state IN ('created', 'sent', 'unknown')`,
    ],
  },
  {
    id: 'ledger-004',
    up: [
      // What counts against which budgets now, by the key of what was given: `ledger_spent` is its sum.
      `CREATE TABLE ledger_spendings (
        app_id text NOT NULL, ref text COLLATE "C" NOT NULL, currency text NOT NULL, amount bigint NOT NULL
          CHECK (amount BETWEEN 0 AND 9007199254740991),
        scopes text[] NOT NULL, subjects text[] NOT NULL,
        PRIMARY KEY (app_id, ref), CHECK (cardinality(scopes) = cardinality(subjects)))`,
      // What was counted before there were keys, of all apps.
      `SET LOCAL qun.app_id = '*'`,
      `INSERT INTO ledger_spendings SELECT app_id, 'before/' || currency || '/' || scope || '/' || subject, currency,
        spent, ARRAY[scope], ARRAY[subject] FROM ledger_spent`,
      rls('ledger_spendings'),
    ],
  },
  {
    id: 'ledger-005',
    up: [
      // [MER5] What counts is a merchant's: until now there was one. Caps without a merchant stay, as the app's.
      `SET LOCAL qun.app_id = '*'`,
      `UPDATE ledger_spent SET scope = scope || '@main'`,
      `UPDATE ledger_spendings SET scopes = ARRAY(SELECT s || '@main' FROM unnest(scopes) WITH ORDINALITY AS t(s, n) ORDER BY n)`,
      // [MER9] The cap that stood when something was counted last; null where nothing bounded it, or long ago.
      `ALTER TABLE ledger_spent ADD COLUMN cap bigint`,
    ],
  },
]
