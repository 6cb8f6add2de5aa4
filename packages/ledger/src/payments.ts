/**
 * Recorded cash: asks a host's payment provider for charges, pay-outs and refunds, and books what it did. Nothing is
 * held here; `provider/<name>` mirrors what is outside. Knows no feature.
 */
import { paymentRefusals, refuse, Refusal } from '@qun/contract'
import {
  findInstruction,
  insertInstruction,
  listExceptions,
  listSettled,
  lockInstruction,
  refundedOf,
  updateInstruction,
  type ExceptionKind,
  type Instruction,
  type NewInstruction,
  type PaymentException,
} from './instructions.ts'
import { checkAccount, checkCurrency, checkRef, isRef, refuseLedger } from './names.ts'
import type { PaymentProvider, ProviderWord, RawCallback } from './providers.ts'
import { transfer, type LedgerCall } from './transfers.ts'

/** Where value waits between the asking for a pay-out and the provider's word. */
const transitOf = (provider: string) => `transit/${provider}`
const move = (call: LedgerCall, ref: string, of: Instruction | NewInstruction, from: string, to: string) =>
  transfer(call, {
    ref: `payment/${of.key}/${ref}`,
    currency: of.currency,
    reason: `payment.${ref}`,
    legs: [
      { account: from, amount: -of.amount },
      { account: to, amount: of.amount },
    ],
  })

/**
 * [LDG17] [LDG18] Writes an instruction down; `advance` carries it out. The same again is the same. A refund gives back
 * of a confirmed charge, all refunds together at most what it took: else `ledger.not_reversible`. Refuses
 * `ledger.insufficient_funds`, `idempotency.key_reused`.
 */
export async function instruct(call: LedgerCall, one: NewInstruction): Promise<Instruction> {
  checkRef(one.key)
  checkCurrency(one.currency)
  checkAccount(one.account)
  if (!Number.isSafeInteger(one.amount) || one.amount < 1) throw new Error(`${one.amount} is no amount to pay`)
  const before = await findInstruction(call, one.key)
  if (before !== undefined) return sameOr(before, one)
  if (one.kind === 'refund') await checkRefund(call, one)
  if (!(await insertInstruction(call, one))) return sameOr(await findInstruction(call, one.key), one)
  if (one.kind !== 'charge') await move(call, 'asked', one, one.account, transitOf(one.provider))
  return (await findInstruction(call, one.key)) as Instruction
}
function sameOr(before: Instruction | undefined, one: NewInstruction): Instruction {
  const names = ['provider', 'kind', 'currency', 'amount', 'userId', 'account'] as const
  if (before === undefined || before.of !== (one.of ?? null) || names.some((name) => before[name] !== one[name]))
    throw refuse('idempotency.key_reused', { detail: one.key })
  return before
}
async function checkRefund(call: LedgerCall, one: NewInstruction): Promise<void> {
  const charge = one.of === undefined ? undefined : await lockInstruction(call, one.of)
  const fits =
    charge?.kind === 'charge' &&
    charge.state === 'confirmed' &&
    charge.provider === one.provider &&
    charge.currency === one.currency &&
    (await refundedOf(call, charge.key)) + one.amount <= charge.amount
  if (!fits) throw refuseLedger('ledger.not_reversible', one.of)
}

export interface Advanced {
  readonly instruction: Instruction
  /** Call `advance` again then, in a decision of its own; undefined once it is settled. */
  readonly next: number | undefined
  /** The provider was asked and gave no answer: others need not be asked at once. */
  readonly isSilent: boolean
}
const secondMs = 1_000
const dayMs = 86_400_000
/** Half a second, doubled with each attempt, a day at most. */
const retryMs = (attempts: number) => Math.min(dayMs, (secondMs / 2) * 2 ** Math.min(attempts, 20))

/**
 * [LDG17] One step of an instruction, from a job or a reaction. The first only says that it is sent, so that a crash
 * while the provider is asked leaves it to be asked again, under the same key. `next` says when to come again.
 */
export async function advance(call: LedgerCall, provider: PaymentProvider, key: string): Promise<Advanced> {
  const row = await lockInstruction(call, key)
  if (row === undefined || row.provider !== provider.name) throw new Error(`no instruction ${key} to ${provider.name}`)
  if (row.state === 'confirmed' || row.state === 'failed') return { instruction: row, next: undefined, isSilent: false }
  if (row.state === 'created') {
    const sent: Instruction = { ...row, state: 'sent', nextAt: call.now }
    await updateInstruction(call, key, sent)
    return { instruction: sent, next: call.now, isSilent: false }
  }
  const { word, trouble } = await askOrQuery(provider, row)
  const asked: Instruction = { ...row, attempts: row.attempts + 1, trouble }
  const taken = word === undefined ? undefined : await take(call, asked, word)
  if (taken?.outcome === 'taken') return { instruction: taken.instruction, next: undefined, isSilent: false }
  const nextAt = call.now + retryMs(asked.attempts)
  const left: Instruction = {
    ...asked,
    state: 'unknown',
    nextAt,
    trouble: taken === undefined ? trouble : taken.outcome,
  }
  await updateInstruction(call, key, left)
  return { instruction: left, next: nextAt, isSilent: word === undefined }
}
async function askOrQuery(
  provider: PaymentProvider,
  row: Instruction,
): Promise<{ readonly word: ProviderWord | undefined; readonly trouble: string | null }> {
  const { key, kind, currency, amount, userId, of } = row
  const order = { key, kind, currency, amount, userId, ...(of === null ? {} : { of }) }
  try {
    const known = row.state === 'unknown' ? await provider.query(key) : undefined
    return { word: known ?? (await provider.ask(order)), trouble: null }
  } catch (error) {
    return { word: undefined, trouble: error instanceof Error ? error.message.slice(0, 200) : 'no answer' }
  }
}

export type Taken =
  | { readonly outcome: 'taken'; readonly instruction: Instruction }
  /** It was known already, or is not settled yet: nothing changed. */
  | { readonly outcome: 'replayed' | 'pending' }
  /** Nothing changed but the list of exceptions; a caller answers `ledger.provider_mismatch`. `found`: the new ones. */
  | { readonly outcome: 'mismatch'; readonly what: ExceptionKind; readonly found: readonly PaymentException[] }

/** [LDG18] [LDG19] What a word of the provider does to a locked instruction. */
async function take(call: LedgerCall, row: Instruction, word: ProviderWord): Promise<Taken> {
  const mismatch = async (what: ExceptionKind): Promise<Taken> => {
    const found = await listExceptions(call, [exceptionOf(row.provider, what, word, row)])
    return { outcome: 'mismatch', what, found }
  }
  if (!isSame(row, word) || row.state === 'created') return mismatch('amount')
  if (word.state === 'pending') return { outcome: 'pending' }
  if (row.state === word.state) return { outcome: 'replayed' }
  if (row.state === 'confirmed' || row.state === 'failed') return mismatch('contradicts')
  const mirror = `provider/${row.provider}`
  const isCharge = row.kind === 'charge'
  if (word.state === 'confirmed')
    await move(call, 'confirmed', row, isCharge ? mirror : transitOf(row.provider), isCharge ? row.account : mirror)
  else if (!isCharge) await move(call, 'failed', row, transitOf(row.provider), row.account)
  const { state, providerRef, at: settledAt } = word
  const settled: Instruction = { ...row, state, providerRef, settledAt, trouble: null }
  await updateInstruction(call, row.key, settled)
  return { outcome: 'taken', instruction: settled }
}
const isSame = (row: Instruction, word: ProviderWord) =>
  word.key === row.key && word.amount === row.amount && word.currency === row.currency && word.kind === row.kind
const exceptionOf = (provider: string, what: ExceptionKind, word: ProviderWord, row: Instruction | undefined) => ({
  ...{ provider, what, key: word.key },
  ...{ told: word.amount, ours: row?.amount ?? null },
})

/** What cannot be read, or says nothing that could be booked, was not signed by a provider in its senses. */
function readWord(provider: PaymentProvider, raw: RawCallback): ProviderWord | undefined {
  try {
    const word = provider.readCallback(raw)
    return word !== undefined && isWord(word) ? word : undefined
  } catch {
    return undefined
  }
}
const isWord = ({ key, state, kind, currency, amount, providerRef, at }: ProviderWord) =>
  isRef(key) &&
  [currency, providerRef].every((text) => typeof text === 'string' && isRef(text)) &&
  [amount, at].every((n) => Number.isSafeInteger(n) && n >= 0) &&
  ['confirmed', 'failed', 'pending'].includes(state) &&
  ['charge', 'pay-out', 'refund'].includes(kind)

/**
 * [LDG19] Takes a call-back as the provider sent it. Refuses `event.signature_invalid`; a mismatch is returned, not
 * thrown, so that the exception it lists is kept.
 */
export async function takeCallback(call: LedgerCall, provider: PaymentProvider, raw: RawCallback): Promise<Taken> {
  const word = readWord(provider, raw)
  const code = 'event.signature_invalid'
  if (word === undefined) throw new Refusal(code, paymentRefusals[code])
  const row = await lockInstruction(call, word.key)
  if (row !== undefined && row.provider === provider.name) return take(call, row, word)
  const found = await listExceptions(call, [exceptionOf(provider.name, 'unknown', word, undefined)])
  return { outcome: 'mismatch', what: 'unknown', found }
}

export interface Reconciled {
  /** Payments the provider lists. */
  readonly lines: number
  /** Instructions that its statement settled: their answer had been lost. */
  readonly settled: number
  /** Differences not listed before. */
  readonly found: readonly PaymentException[]
}
/**
 * [LDG20] Compares what the provider settled in a time with the instructions, to the cent. A day is its own: from its
 * midnight until the next. May run again: it lists nothing twice.
 */
export async function reconcile(
  call: LedgerCall,
  provider: PaymentProvider,
  period: { readonly from: number; readonly until: number },
): Promise<Reconciled> {
  const lines = await provider.statement(period.from, period.until)
  const { differences, ...rest } = await compareStatement(call, provider.name, { ...period, lines })
  return { ...rest, found: await listExceptions(call, differences) }
}
export type Difference = Omit<PaymentException, 'at'>
/**
 * [LDG20] The comparison alone: all differences, whether listed before or not, and none of them is listed by it. What
 * the statement settles is settled.
 */
export async function compareStatement(
  call: LedgerCall,
  provider: string,
  of: { readonly from: number; readonly until: number; readonly lines: readonly ProviderWord[] },
): Promise<Omit<Reconciled, 'found'> & { readonly differences: readonly Difference[] }> {
  const { lines, from, until } = of
  const keys = lines.map(({ key }) => key)
  const ours = await listSettled(call, { provider, from, until, keys })
  const byKey = new Map(ours.map((row) => [row.key, row]))
  const told = new Set<string>()
  const found: Difference[] = []
  let settled = 0
  for (const word of lines) {
    const row = byKey.get(word.key)
    const what = differenceOf(row, word, told.has(word.key))
    told.add(word.key)
    if (what !== undefined) found.push(exceptionOf(provider, what, word, row))
    else if (row !== undefined && (await settleLost(call, row, word))) settled += 1
  }
  for (const row of ours)
    if (row.state === 'confirmed' && !told.has(row.key))
      found.push({ provider, key: row.key, what: 'missing', told: null, ours: row.amount })
  return { lines: lines.length, settled, differences: found }
}
function differenceOf(row: Instruction | undefined, word: ProviderWord, repeated: boolean): ExceptionKind | undefined {
  if (row === undefined) return 'unknown'
  if (repeated) return 'twice'
  if (!isSame(row, word)) return 'amount'
  return row.state === 'failed' ? 'contradicts' : undefined
}
/** The statement is the provider's word as well: it settles what nobody heard an answer to. */
async function settleLost(call: LedgerCall, { key, state }: Instruction, word: ProviderWord): Promise<boolean> {
  if (state === 'confirmed') return false
  const row = await lockInstruction(call, key)
  return row !== undefined && (await take(call, row, word)).outcome === 'taken'
}
