/** Databases for tests: one migrated template per set of migrations, one cheap clone per world; knows no table. */
import { createHash, randomBytes } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'
import type { Migration } from './migrate.ts'

export { disabledIn, planFaults, planOf, type PlanNode, type Statement } from './plans.ts'

export interface TemplateOptions {
  /** A user who may create databases; any database of the server. */
  readonly adminUrl: string
  /** The same name means the same content: from `templateName`. Parallel test files then make it once. */
  readonly name: string
  /** Fills the empty database at `url`; must disconnect before it returns. */
  readonly prepare: (url: string) => Promise<void>
}

export interface Template {
  readonly adminUrl: string
  readonly name: string
}

/** A name that holds exactly as long as the migrations' ids, texts and order do. */
export function templateName(migrations: readonly Migration[]): string {
  const content = JSON.stringify(migrations.map(({ id, up, online }) => [id, up, online]))
  return `qun_template_${createHash('sha256').update(content).digest('hex').slice(0, 24)}`
}

const made = new Set<string>()
/** Makes the template unless it is there. A run that was killed half way leaves none. */
export async function templateDatabase({ adminUrl, name, prepare }: TemplateOptions): Promise<Template> {
  if (made.has(`${adminUrl} ${name}`)) return { adminUrl, name }
  await withAdmin(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock(hashtext($1))', [name])
    const found = await admin.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount !== 0) return
    const draft = `${name}_draft`
    const quotedDraft = escapeIdentifier(draft)
    await admin.query(`drop database if exists ${quotedDraft} with (force)`)
    await admin.query(`create database ${quotedDraft} strategy file_copy`)
    await prepare(databaseUrl(adminUrl, draft))
    // The first session after a change of tables writes down what every session must know of them, in a file that
    // clones take along: without it each session of each clone gathers that again, which costs more than its tests.
    await withAdmin(databaseUrl(adminUrl, draft), (first) => first.query('select 1'))
    await admin.query(`alter database ${quotedDraft} rename to ${escapeIdentifier(name)}`)
  })
  made.add(`${adminUrl} ${name}`)
  return { adminUrl, name }
}

export interface Clone {
  readonly url: string
  /** Ends its sessions and deletes it. */
  drop(): Promise<void>
}

/** A database of its own with the template's content, in some tens of milliseconds. */
export async function cloneDatabase(template: Template): Promise<Clone> {
  const name = `qun_world_${randomBytes(8).toString('hex')}`
  await withAdmin(template.adminUrl, (admin) =>
    admin.query(`create database ${name} template ${escapeIdentifier(template.name)} strategy file_copy`),
  )
  return {
    url: databaseUrl(template.adminUrl, name),
    drop: async () => {
      await withAdmin(template.adminUrl, (admin) => admin.query(`drop database if exists ${name} with (force)`))
    },
  }
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return changed.href
}

async function withAdmin<T>(url: string, use: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: url, application_name: 'qun testing' })
  admin.on('error', () => {
    // A broken connection also fails the statement under way.
  })
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.end()
  }
}
