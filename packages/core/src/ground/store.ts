/** The engine's own tables and how their rows look. `app_id` leads every key; row-level security is the second wall. */
import { rls, type Migration } from '@qun/storage'
import type { Feature } from '../host/feature.ts'

const tenantTables = [
  'users',
  'groups',
  'members',
  'group_faces',
  'conversations',
  'messages',
  'mentions',
  'mine',
  'records',
  'facts',
  'reaction_queue',
  'jobs',
  'acted',
  'idempotency',
]

/**
 * NOTE: columns of type `json` hold text the engine never parses (bodies, states): they are embedded into frames as
 * they are. `groups`, `members` and `conversations` keep free space per page so that counters update in place; what is
 * large and changes seldom (the faces of a group's picture) stands apart from them.
 */
export const engineMigrations: readonly Migration[] = [
  {
    id: 'core-001',
    up: [
      `CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL)`,
      `CREATE TABLE users (
        app_id text NOT NULL, user_id text NOT NULL,
        name text NOT NULL, avatar text NOT NULL DEFAULT '', badge text,
        version bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (app_id, user_id)) WITH (fillfactor = 70)`,
      `CREATE TABLE groups (
        app_id text NOT NULL, group_id text NOT NULL,
        name text NOT NULL, avatar text NOT NULL DEFAULT '', owner_id text NOT NULL,
        settings jsonb NOT NULL, mute_all boolean NOT NULL DEFAULT false,
        member_count integer NOT NULL DEFAULT 0 CHECK (member_count >= 0),
        version bigint NOT NULL DEFAULT 0, row_version bigint NOT NULL DEFAULT 0,
        last_seq bigint NOT NULL DEFAULT 0, last_ordinal bigint NOT NULL DEFAULT 0,
        last_word_seq bigint NOT NULL DEFAULT 0, last_fact bigint NOT NULL DEFAULT 0,
        last_at bigint NOT NULL, created_at bigint NOT NULL, disbanded_at bigint,
        PRIMARY KEY (app_id, group_id)) WITH (fillfactor = 40)`,
      `CREATE TABLE members (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL,
        version bigint NOT NULL, role text NOT NULL, nickname text,
        joined_at bigint NOT NULL, muted_until bigint NOT NULL DEFAULT 0,
        active boolean NOT NULL, banned boolean NOT NULL DEFAULT false,
        join_seq bigint NOT NULL, own bigint NOT NULL DEFAULT 0,
        source text NOT NULL DEFAULT '', inviter_id text,
        PRIMARY KEY (app_id, group_id, user_id)) WITH (fillfactor = 60)`,
      `CREATE INDEX members_by_user ON members (app_id, user_id) WHERE active`,
      `CREATE INDEX members_by_version ON members (app_id, group_id, version)`,
      `CREATE INDEX members_by_joining ON members (app_id, group_id, joined_at, user_id) WHERE active`,
      `CREATE TABLE group_faces (
        app_id text NOT NULL, group_id text NOT NULL, faces jsonb NOT NULL,
        PRIMARY KEY (app_id, group_id))`,
      `CREATE TABLE conversations (
        app_id text NOT NULL, user_id text NOT NULL, group_id text NOT NULL,
        version bigint NOT NULL, read_seq bigint NOT NULL, read_ordinal bigint NOT NULL, read_own bigint NOT NULL,
        pinned boolean NOT NULL DEFAULT false, quiet boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, user_id, group_id)) WITH (fillfactor = 60)`,
      `CREATE TABLE messages (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, version bigint NOT NULL,
        sender_id text NOT NULL, client_key uuid NOT NULL, client_id text NOT NULL, fingerprint bigint NOT NULL,
        kind text NOT NULL, body json, state json, countable boolean NOT NULL,
        ordinal bigint NOT NULL, own bigint NOT NULL, at bigint NOT NULL,
        recalled_by text, recalled_at bigint,
        PRIMARY KEY (app_id, group_id, seq))`,
      `CREATE UNIQUE INDEX messages_once ON messages (app_id, group_id, client_key)`,
      `CREATE INDEX messages_by_version ON messages (app_id, group_id, version)`,
      `CREATE TABLE mentions (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL, seq bigint NOT NULL, sender_id text NOT NULL,
        PRIMARY KEY (app_id, group_id, user_id, seq))`,
      `CREATE TABLE mine (
        app_id text NOT NULL, user_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL,
        version bigint NOT NULL, kind text NOT NULL, body json NOT NULL, hidden boolean NOT NULL DEFAULT false,
        PRIMARY KEY (app_id, user_id, group_id, seq))`,
      `CREATE INDEX mine_by_version ON mine (app_id, user_id, version)`,
      `CREATE TABLE records (
        app_id text NOT NULL, stream text NOT NULL, kind text NOT NULL, key text NOT NULL,
        version bigint NOT NULL, body json,
        PRIMARY KEY (app_id, stream, kind, key))`,
      `CREATE INDEX records_by_version ON records (app_id, stream, version)`,
      `CREATE TABLE facts (
        app_id text NOT NULL, group_id text NOT NULL, fact_seq bigint NOT NULL,
        name text NOT NULL, at bigint NOT NULL, data json NOT NULL,
        PRIMARY KEY (app_id, group_id, fact_seq))`,
      `CREATE TABLE reaction_queue (
        app_id text NOT NULL, group_id text NOT NULL, reaction text NOT NULL, fact_seq bigint NOT NULL,
        attempts integer NOT NULL DEFAULT 0, lease_until bigint NOT NULL DEFAULT 0, lease text, trouble text,
        PRIMARY KEY (app_id, group_id, reaction, fact_seq))`,
      `CREATE TABLE jobs (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, job text NOT NULL,
        input json NOT NULL, run_at bigint NOT NULL,
        attempts integer NOT NULL DEFAULT 0, lease_until bigint NOT NULL DEFAULT 0, lease text, trouble text,
        PRIMARY KEY (app_id, group_id, seq, job))`,
      `CREATE INDEX jobs_due ON jobs (run_at)`,
      `CREATE TABLE acted (
        app_id text NOT NULL, group_id text NOT NULL, seq bigint NOT NULL, actor_id text NOT NULL, client_id text NOT NULL,
        fingerprint bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, seq, actor_id, client_id))`,
      `CREATE TABLE idempotency (
        app_id text NOT NULL, caller text NOT NULL, key text NOT NULL,
        fingerprint bigint NOT NULL, answer json, at bigint NOT NULL,
        PRIMARY KEY (app_id, caller, key))`,
      `CREATE INDEX idempotency_by_age ON idempotency (at)`,
      ...tenantTables.map(rls),
    ],
  },
  { id: 'core-002', up: [`ALTER TABLE users ADD COLUMN minor boolean NOT NULL DEFAULT false`] },
  {
    id: 'core-003',
    up: [
      `CREATE TABLE folds (
        app_id text NOT NULL, group_id text NOT NULL, fold text NOT NULL,
        seq bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0,
        attempts integer NOT NULL DEFAULT 0, trouble text,
        PRIMARY KEY (app_id, group_id, fold)) WITH (fillfactor = 70)`,
      rls('folds'),
      `CREATE INDEX messages_recalled ON messages (app_id, group_id, version) WHERE recalled_at IS NOT NULL`,
    ],
  },
  {
    id: 'core-004',
    up: [
      `CREATE TABLE timers (
        app_id text NOT NULL, timer text NOT NULL, next_at bigint NOT NULL,
        attempts integer NOT NULL DEFAULT 0, lease_until bigint NOT NULL DEFAULT 0, lease text, trouble text,
        PRIMARY KEY (app_id, timer))`,
      `CREATE INDEX timers_due ON timers (next_at)`,
      rls('timers'),
    ],
  },
  {
    id: 'core-006',
    up: [],
    online: [
      {
        index: 'members_by_rank',
        create: `CREATE INDEX CONCURRENTLY members_by_rank ON members (app_id, group_id,
          (CASE role WHEN 'owner' THEN 1 WHEN 'admin' THEN 2 ELSE 3 END), joined_at, user_id) WHERE active`,
      },
    ],
  },
  {
    // What waits is found along an index by who knows its name; what is set aside (9007199254740991) is not in the way.
    id: 'core-007',
    up: [
      // No tenant's rows: names of code, for every app ('*') or for one.
      `CREATE TABLE reaction_names (
        fact text NOT NULL, reaction text NOT NULL, scope text NOT NULL, seen_at bigint NOT NULL,
        PRIMARY KEY (fact, reaction, scope))`,
      `INSERT INTO reaction_names (fact, reaction, scope, seen_at)
        SELECT DISTINCT f.name, q.reaction, '*', (extract(epoch FROM now()) * 1000)::bigint
        FROM reaction_queue q JOIN facts f USING (app_id, group_id, fact_seq)`,
      `CREATE INDEX reaction_queue_waiting ON reaction_queue (app_id, reaction, group_id, fact_seq)
        WHERE lease_until < 9007199254740991`,
      `ALTER TABLE jobs ADD COLUMN kind text NOT NULL DEFAULT ''`,
      `UPDATE jobs j SET kind = m.kind FROM messages m
        WHERE m.app_id = j.app_id AND m.group_id = j.group_id AND m.seq = j.seq`,
      `CREATE INDEX jobs_by_name ON jobs (app_id, kind, job, run_at)`,
      `CREATE INDEX timers_by_name ON timers (timer, next_at, app_id)`,
    ],
  },
  {
    id: 'core-008',
    up: [
      `CREATE TABLE spreads (
        app_id text NOT NULL, user_id text NOT NULL, group_id text NOT NULL,
        due_at bigint NOT NULL, attempts integer NOT NULL DEFAULT 0, trouble text,
        PRIMARY KEY (app_id, user_id, group_id))`,
      `CREATE INDEX spreads_due ON spreads (due_at)`,
      rls('spreads'),
    ],
  },
  {
    // A message knows the version it was born with once it has another: the table itself sees to it, whoever writes.
    id: 'core-009',
    up: [
      `ALTER TABLE messages ADD COLUMN born bigint`,
      `CREATE FUNCTION keep_birth() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.born := OLD.version; RETURN NEW; END $$`,
      `CREATE TRIGGER messages_keep_birth BEFORE UPDATE OF version ON messages FOR EACH ROW
        WHEN (OLD.born IS NULL AND NEW.born IS NULL AND NEW.version <> OLD.version) EXECUTE FUNCTION keep_birth()`,
      // Which old ones changed is told by their versions: those above one behind them. See births in repair-group.ts.
      `UPDATE messages m SET born = t.later - 1 FROM (SELECT app_id, group_id, seq, version, min(version) OVER
          (PARTITION BY app_id, group_id ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM messages) t
        WHERE t.version > t.later AND m.app_id = t.app_id AND m.group_id = t.group_id AND m.seq = t.seq`,
    ],
  },
  {
    // See silences.ts. A count of 0 at position 0 is true of everybody who has said nothing yet.
    id: 'core-010',
    up: [
      `CREATE TABLE silences (
        app_id text NOT NULL, group_id text NOT NULL, user_id text NOT NULL, seq bigint NOT NULL,
        since bigint NOT NULL, own bigint NOT NULL,
        PRIMARY KEY (app_id, group_id, user_id, seq))`,
      rls('silences'),
      `ALTER TABLE members ADD COLUMN spoke_seq bigint NOT NULL DEFAULT 0, ADD COLUMN spoke_own bigint NOT NULL DEFAULT 0`,
    ],
  },
  {
    // Silences of before, of groups long enough for one. What takes time locks nobody; members are written last.
    id: 'core-011',
    up: [
      `INSERT INTO silences (app_id, group_id, user_id, seq, since, own)
        SELECT app_id, group_id, sender_id, seq, since, own FROM (
          SELECT m.app_id, m.group_id, m.sender_id, m.seq, m.own,
            coalesce(lag(m.seq) OVER (PARTITION BY m.app_id, m.group_id, m.sender_id ORDER BY m.seq), 0) AS since
          FROM groups g JOIN messages m USING (app_id, group_id)
          WHERE g.last_seq > 8192 AND m.countable AND m.sender_id <> '') t
        WHERE seq - since > 8192`,
      `UPDATE members b SET spoke_seq = t.seq, spoke_own = t.own FROM (
          SELECT DISTINCT ON (m.app_id, m.group_id, m.sender_id) m.app_id, m.group_id, m.sender_id, m.seq, m.own
          FROM groups g JOIN messages m USING (app_id, group_id)
          WHERE g.last_seq > 8192 AND m.countable AND m.sender_id <> ''
          ORDER BY m.app_id, m.group_id, m.sender_id, m.seq DESC) t
        WHERE b.app_id = t.app_id AND b.group_id = t.group_id AND b.user_id = t.sender_id`,
    ],
  },
  {
    id: 'core-012',
    up: [],
    online: [
      {
        index: 'messages_changed',
        create: `CREATE INDEX CONCURRENTLY messages_changed ON messages (app_id, group_id, version) WHERE born IS NOT NULL`,
      },
    ],
  },
  { id: 'core-013', up: [`DROP INDEX messages_by_version`] },
  {
    // [MER2] [MER9] Whose value it is. What staff may is kept with its time: never changed, only ended.
    id: 'core-014',
    up: [
      `CREATE TABLE merchants (
        app_id text NOT NULL, merchant_id text COLLATE "C" NOT NULL, name text NOT NULL,
        path text[] COLLATE "C" NOT NULL CHECK (cardinality(path) BETWEEN 1 AND 4 AND path[1] = merchant_id),
        suspended_at bigint, created_at bigint NOT NULL,
        PRIMARY KEY (app_id, merchant_id))`,
      `CREATE TABLE merchant_staff (
        app_id text NOT NULL, merchant_id text COLLATE "C" NOT NULL,
        user_id text COLLATE "C" NOT NULL, since bigint NOT NULL,
        until bigint CHECK (until >= since), post text NOT NULL, abilities text[] NOT NULL,
        PRIMARY KEY (app_id, merchant_id, user_id, since))`,
      `CREATE UNIQUE INDEX merchant_staff_now ON merchant_staff (app_id, merchant_id, user_id) WHERE until IS NULL`,
      `CREATE INDEX merchant_staff_of ON merchant_staff (app_id, user_id) WHERE until IS NULL`,
      rls('merchants'),
      rls('merchant_staff'),
      `ALTER TABLE groups ADD COLUMN merchant_path text[] COLLATE "C"`,
    ],
  },
  {
    id: 'core-015',
    up: [
      // [MER3] Whose points a merchant gives. Until now all gave those of `main`, as does who is made of older rows.
      `ALTER TABLE merchants ADD COLUMN programme text COLLATE "C" NOT NULL DEFAULT 'main'`,
      `CREATE INDEX merchants_by_programme ON merchants (app_id, programme, created_at, merchant_id)`,
      // [MER8] Of a merchant, or of the app, ''. What is told comes into force at `next_at`.
      `CREATE TABLE time_zones (
        app_id text NOT NULL, merchant_id text COLLATE "C" NOT NULL, time_zone text NOT NULL,
        next_time_zone text, next_at bigint, CHECK ((next_time_zone IS NULL) = (next_at IS NULL)),
        PRIMARY KEY (app_id, merchant_id))`,
      rls('time_zones'),
    ],
  },
  {
    // [MER7] Who speaks as the shop. [MER10] Since when a group's merchant gives nothing: beside what actions read.
    id: 'core-016',
    up: [`ALTER TABLE messages ADD COLUMN spoken_as json`, `ALTER TABLE groups ADD COLUMN stopped_at bigint`],
  },
  {
    id: 'core-017',
    up: [],
    online: [
      {
        index: 'groups_of_merchant',
        create: `CREATE INDEX CONCURRENTLY groups_of_merchant ON groups (app_id, (merchant_path[1]), group_id)
          WHERE merchant_path IS NOT NULL`,
      },
    ],
  },
  {
    // [MER9] Posted with the host's own key, in whosever name. What is older does not say so: see issued.ts.
    id: 'core-018',
    up: [`ALTER TABLE messages ADD COLUMN by_host boolean`],
  },
  {
    // [MER10] Since when it is gone for good. Its row stays: what it gave names it, and nobody takes its id again.
    id: 'core-019',
    up: [`ALTER TABLE merchants ADD COLUMN ended_at bigint CHECK (ended_at IS NULL OR suspended_at IS NOT NULL)`],
  },
]
/** The engine's and all features' migrations, in order; what several features bring (the ledger's) once. */
export function migrationsOf(features: readonly Feature[]): Migration[] {
  return [...new Set([...engineMigrations, ...features.flatMap((feature) => feature.migrations ?? [])])]
}

export interface UserRow {
  user_id: string
  name: string
  avatar: string
  badge: string | null
  minor: boolean
  version: number
}
export interface GroupDbRow {
  group_id: string
  name: string
  avatar: string
  owner_id: string
  settings: Record<string, unknown>
  member_count: number
  version: number
  row_version: number
  last_seq: number
  last_ordinal: number
  last_word_seq: number
  last_fact: number
  last_at: number
  created_at: number
  disbanded_at: number | null
  /** The merchant behind it, then those it belongs to; null for a friends' group. */
  /** [MER10] Since when its merchant, or one that one belongs to, gives nothing. */
  stopped_at: number | null
  merchant_path: readonly string[] | null
}
export interface MemberDbRow {
  group_id: string
  user_id: string
  version: number
  role: 'owner' | 'admin' | 'member'
  nickname: string | null
  joined_at: number
  muted_until: number
  active: boolean
  banned: boolean
  join_seq: number
  own: number
  source: string
  inviter_id: string | null
  /** Of the user, joined in. */
  name: string
  avatar: string
  badge: string | null
}
export interface MessageDbRow {
  seq: number
  version: number
  sender_id: string
  client_id: string
  kind: string
  /** JSON text; null once recalled. */
  body: string | null
  state: string | null
  countable: boolean
  ordinal: number
  own: number
  at: number
  recalled_by: string | null
  recalled_at: number | null
  /** [MER7] JSON text of the shop it is spoken as; null for a person’s own words. */
  spoken_as: string | null
}
export interface ConversationDbRow {
  group_id: string
  version: number
  active: boolean
  role: 'owner' | 'admin' | 'member'
  join_seq: number
  own: number
  read_seq: number
  read_ordinal: number
  read_own: number
  pinned: boolean
  quiet: boolean
}
export interface MineDbRow {
  group_id: string
  seq: number
  version: number
  kind: string
  body: string
  hidden: boolean
}
export interface RecordDbRow {
  kind: string
  key: string
  version: number
  body: string | null
}
