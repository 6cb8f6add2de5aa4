/** What a failure of PostgreSQL means to a caller; knows no statement. */

/**
 * `unavailable`: the store is away or overloaded, later may work · `full`: the disk is full · `conflict`: lost against
 * another transaction, nothing was written, the same again may work · `duplicate`: a unique key is taken already.
 */
export type StoreTrouble = 'unavailable' | 'full' | 'conflict' | 'duplicate'

/** Thrown when the connection broke during COMMIT: nobody knows whether the transaction was written. Not retried. */
export class CommitUnknownError extends Error {
  readonly code = '40003'
  constructor(cause: unknown) {
    super('the connection broke while the transaction was being committed: it may or may not be written', { cause })
    this.name = 'CommitUnknownError'
  }
}

const troubleByCode: Readonly<Record<string, StoreTrouble>> = {
  '23505': 'duplicate',
  '40001': 'conflict',
  '40P01': 'conflict',
  // Somebody holds the row longer than the lock timeout.
  '55P03': 'conflict',
  '40003': 'unavailable',
  '53100': 'full',
  ENOSPC: 'full',
  EDQUOT: 'full',
  // Statement timeout, idle-in-transaction timeout, and a server that is out of memory, connections or shared locks.
  '57014': 'unavailable',
  '25P03': 'unavailable',
  '53000': 'unavailable',
  '53200': 'unavailable',
  '53300': 'unavailable',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  '57P04': 'unavailable',
  '57P05': 'unavailable',
  // Its app's turn at a connection did not come (turns.ts).
  'store.overloaded': 'unavailable',
  'store.share_spent': 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ECONNABORTED: 'unavailable',
  EPIPE: 'unavailable',
  ETIMEDOUT: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  ENETUNREACH: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
}

// The driver's own errors about a broken connection carry no code, only these texts.
const brokenConnection = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Cannot use a pool after calling end',
]

/** Undefined: not the store's trouble but a bug or a refusal, such as a broken constraint or a syntax error. */
export function storeTrouble(error: unknown): StoreTrouble | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  if (typeof code === 'string') {
    const known = troubleByCode[code]
    if (known !== undefined) return known
    if (/^08...$/.test(code)) return 'unavailable'
    if (isStalePlan(error)) return 'conflict'
    return undefined
  }
  return brokenConnection.some((text) => error.message.startsWith(text)) ? 'unavailable' : undefined
}

/** Whether a whole transaction that failed with this may run again: the server itself said that it was rolled back. */
export function mayRunAgain(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40001' || code === '40P01' || isStalePlan(error)
}

/**
 * A statement prepared earlier on this connection is of no use any more, because a migration of another process changed
 * its tables: nothing was done, and under another name or on another connection it works.
 */
export function isStalePlan(error: unknown): boolean {
  const code = codeOf(error)
  return code === '26000' || (code === '0A000' && (error as Error).message.startsWith('cached plan'))
}

/** An administrator, a crash, a dropped database, or a time that is up: the server ends the session with these. */
const endings = new Set(['25P03', '57P01', '57P02', '57P03', '57P04', '57P05'])
/**
 * The server ends the session with this answer, though its connection may look open for a while. By its code too: the
 * word for how bad it is comes in the server's language.
 */
export function endsSession(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { severity, code } = error as { severity?: unknown; code?: unknown }
  return severity === 'FATAL' || severity === 'PANIC' || (typeof code === 'string' && endings.has(code))
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined
}
