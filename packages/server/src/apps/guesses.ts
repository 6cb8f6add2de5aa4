/**
 * [I6] Wrong secrets, counted: one budget per kind of secret and address, over HTTP and sockets alike, whoever tries;
 * of a back end, per app. Knows no route.
 */
import { Refusal, type AppId } from '@qun/contract'
import { userKey, type BudgetName, type Limiter } from '../ground/rates.ts'

/** Refused, but its signature was right: whoever has it guessed nothing. */
const onceRight = new Set([
  'auth.token_expired',
  'auth.token_not_yet_valid',
  'auth.token_revoked',
  'auth.token_key_retired',
  'auth.subject_gone',
])

/** Reads a token or a key. Refuses `rate.limited` after too many wrong ones from the address, right ones too. */
export async function readSecretly<T>(limiter: Limiter, address: string, read: () => Promise<T>): Promise<T> {
  if (limiter.isSpent('refusedCredential', address)) limiter.check('refusedCredential', address)
  try {
    return await read()
  } catch (error) {
    // The answer says why this credential is refused; only the one after the budget says to wait.
    if (!(error instanceof Refusal && onceRight.has(error.code))) limiter.waitOf('refusedCredential', address)
    throw error
  }
}

interface From {
  readonly calling: { readonly appId: AppId; readonly isHost: boolean }
  readonly address: string
}
/** Serves a route that takes codes: `codes` are its refusals of a wrong one, each of a kind of secret. */
export async function countGuesses<T>(
  { limiter, codes }: { readonly limiter: Limiter; readonly codes: ReadonlySet<string> },
  { calling, address }: From,
  serve: () => Promise<T>,
): Promise<T> {
  if (codes.size === 0) return serve()
  const budget: BudgetName = calling.isHost ? 'guessByApp' : 'guess'
  const keyOf = (code: string) => (calling.isHost ? userKey(calling.appId, code) : `${code} ${address}`)
  for (const code of codes) if (limiter.isSpent(budget, keyOf(code))) limiter.check(budget, keyOf(code))
  try {
    return await serve()
  } catch (error) {
    if (error instanceof Refusal && codes.has(error.code)) limiter.waitOf(budget, keyOf(error.code))
    throw error
  }
}
