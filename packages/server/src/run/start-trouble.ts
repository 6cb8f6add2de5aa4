/** What keeps a server from starting, as one line with what to do; anything else is a bug and keeps its stack. */
import { createServer } from 'node:net'
import { storeTrouble } from '@qun/storage'
import { UsageError } from '../apps/apps.ts'
import { ConfigError } from './config.ts'

/** Their messages say what to do. */
const speakingCodes: readonly unknown[] = [
  'embedded.in_use',
  'embedded.unable',
  'migration.changed',
  'migration.failed',
]
/** PostgreSQL: the user, the password, the database, a right. */
const databaseCodes: readonly unknown[] = ['28000', '28P01', '3D000', '42501']
const fileCodes: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'ENOENT', 'EISDIR', 'EEXIST']

/** Undefined: a bug. NOTE: no message of these holds a password. */
export function startTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, syscall, path, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (error instanceof ConfigError || error instanceof UsageError || speakingCodes.includes(code)) return error.message
  if (syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo') {
    const place = port === undefined ? (address ?? 'the address') : `${address}:${port}`
    const reason = code === 'EADDRINUSE' ? 'another process listens there' : String(code)
    return `cannot listen on ${place}: ${reason}; free it, or choose another by QUN_PORT, QUN_DEMO_PORT or QUN_HOST`
  }
  if (fileCodes.includes(code) && path !== undefined)
    return `cannot use ${path}: ${code}; QUN_DATA and QUN_SPOOL name folders that this user can write to`
  if (databaseCodes.includes(code) || storeTrouble(error) === 'unavailable')
    return `the database cannot be used: ${error.message || code}; QUN_DATABASE_URL says where it is`
  return undefined
}

/** One line for what is expected, the stack for a bug. */
export function startTroubleText(error: unknown): string {
  return startTrouble(error) ?? String((error as Error).stack ?? error)
}

/** Throws what listening there would throw, before anything else is begun. */
export async function checkPortFree(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
