/** Finds the embedded PostgreSQL another process runs over a data directory, to look at it beside its owner. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { embeddedUrl, type Credentials } from './embedded.ts'

/** Its address with the password, or undefined when no server runs there. */
export async function findRunningEmbedded(dataDir: string, database = 'qun'): Promise<string | undefined> {
  const folder = resolve(dataDir)
  const credentials = await readFile(join(folder, 'postgres-credentials.json'), 'utf8').catch(() => undefined)
  const lines = await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => undefined)
  // The fourth line of PostgreSQL's own pid file is the port it listens on.
  const port = Number(lines?.split('\n')[3])
  if (credentials === undefined || !(port > 0)) return undefined
  return embeddedUrl((JSON.parse(credentials) as Credentials).owner, port, database)
}
