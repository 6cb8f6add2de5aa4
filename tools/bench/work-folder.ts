/** A folder for a run's data that a PostgreSQL under another user can reach; gone with the process. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `name` begins the folder's name. Also ends the process on SIGINT and SIGTERM, so that nothing is left behind. */
export function makeWorkFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  // PostgreSQL refuses to run as root, so it runs as a user who must be let through here.
  chmodSync(folder, 0o755)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  return folder
}
