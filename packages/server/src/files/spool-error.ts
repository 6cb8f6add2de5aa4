/** What failures of the spool's disk mean: they are the machine's trouble, neither the sender's nor a bug. */
import { storeTrouble } from '@qun/storage'

/** Answered as the store's own trouble is, by its code. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError'
  readonly code: 'spool.full' | 'spool.unavailable'
  constructor(message: string, code: SpoolError['code'], cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** Whatever the system refused to do with a file: no room, no descriptors, no right, a broken disk. Others stay. */
export function asSpoolError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SpoolError) return error
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined && !/^E[A-Z0-9]+$/.test(code ?? '')) return error
  return new SpoolError(
    `the spool: ${error.message}`,
    storeTrouble(error) === 'full' ? 'spool.full' : 'spool.unavailable',
    error,
  )
}
