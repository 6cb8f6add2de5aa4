/**
 * Turns the messages of a view into the lines a person sees: times, the mark before unread ones, runs of one sender,
 * folded runs of joins. Pure; knows cards only through the questions it is given.
 */
import { MINUTE } from '@qun/contract'
import type { PendingMessage, ViewMessage } from '@qun/sdk'
import type { Upload } from '../chat-context.tsx'

/** A pause this long gets a time above it. */
export const separatorGapMs = 5 * MINUTE
/** Messages of one sender closer than this are one run: one face, one name. */
export const runGapMs = 3 * MINUTE

export interface Fold {
  readonly names: readonly string[]
  readonly count: number
}
export type Line =
  | { readonly type: 'time'; readonly key: string; readonly at: number }
  | { readonly type: 'unread'; readonly key: string }
  | {
      readonly type: 'message'
      readonly key: string
      readonly message: ViewMessage
      readonly first: boolean
      readonly last: boolean
    }
  | { readonly type: 'system'; readonly key: string; readonly message: ViewMessage }
  | { readonly type: 'fold'; readonly key: string; readonly messages: readonly ViewMessage[]; readonly fold: Fold }
  | {
      readonly type: 'pending'
      readonly key: string
      readonly pending: PendingMessage
      readonly first: boolean
      readonly last: boolean
    }
  | { readonly type: 'upload'; readonly key: string; readonly upload: Upload; readonly first: boolean }

export interface TimelineInput {
  readonly messages: readonly ViewMessage[]
  readonly pending: readonly PendingMessage[]
  /** Pictures that are no messages yet; they stand last. */
  readonly uploads?: readonly Upload[]
  readonly viewerId: string
  /** The mark stands before this position; undefined for none. */
  readonly firstUnreadSeq?: number | undefined
  readonly isSystem: (message: ViewMessage) => boolean
  readonly foldOf: (message: ViewMessage) => Fold | undefined
}

/** What a run is made of: a system line or a tombstone belongs to none. */
/** Words as the shop and words of one's own are two runs: each begins with the name it is spoken under. */
const speakerKey = (senderId: string, as: ViewMessage['as']) =>
  as === undefined ? senderId : `${as.merchantId}/${senderId}`
const runKey = (message: ViewMessage, isSystem: boolean) =>
  isSystem || message.recalled || isNobodys(message) ? undefined : speakerKey(message.senderId, message.as)
/** [MER7] What the host says in its own name is the shop's; without one it is nobody's. */
const isNobodys = ({ senderId, as }: ViewMessage) => senderId === '' && as === undefined

/** What stands above: whose run it is part of, and when it was. */
interface Before {
  readonly key: string | undefined
  readonly at: number
}
function keyOf(message: ViewMessage, viewerId: string): string {
  // An acknowledged message keeps the place, and the DOM, of the pending one it was.
  return message.senderId === viewerId ? `c${viewerId}/${message.clientId}` : `m${message.seq}`
}
export function timelineOf(input: TimelineInput): Line[] {
  const { messages, pending, uploads = [], viewerId, firstUnreadSeq, isSystem, foldOf } = input
  const lines: Line[] = []
  let before: Before | undefined
  let marked = false

  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!
    const system = isSystem(message)
    const key = runKey(message, system)
    const broken = pushBreaks(message.at, message.seq)
    if (system && !message.recalled) {
      const folded = foldRun(messages, index, input)
      if (folded) {
        lines.push(folded.line)
        index += folded.line.messages.length - 1
        before = { key: undefined, at: folded.line.messages.at(-1)!.at }
        continue
      }
      lines.push({ type: 'system', key: `m${message.seq}`, message })
    } else {
      const follows = !broken && key !== undefined && before?.key === key && message.at - before.at < runGapMs
      lines.push({ type: 'message', key: keyOf(message, viewerId), message, first: !follows, last: true })
      if (follows) continueRun(lines)
    }
    before = { key, at: message.at }
  }
  for (const one of pending) {
    const broken = pushBreaks(one.at, undefined)
    const key = speakerKey(viewerId, one.as)
    const follows = !broken && before?.key === key && one.at - before.at < runGapMs
    lines.push({ type: 'pending', key: `c${viewerId}/${one.clientId}`, pending: one, first: !follows, last: true })
    if (follows) continueRun(lines)
    before = { key, at: one.at }
  }
  return pushUploads(lines, uploads, before, viewerId)

  function pushBreaks(at: number, seq: number | undefined): boolean {
    let broken = false
    if (!before || at - before.at >= separatorGapMs) {
      lines.push({ type: 'time', key: `t${seq ?? at}`, at })
      broken = true
    }
    if (!marked && firstUnreadSeq !== undefined && seq !== undefined && seq >= firstUnreadSeq) {
      lines.push({ type: 'unread', key: 'unread' })
      marked = true
      broken = true
    }
    return broken
  }
  function foldRun(all: readonly ViewMessage[], from: number, { firstUnreadSeq: mark }: TimelineInput) {
    const run: ViewMessage[] = []
    let fold: Fold = { names: [], count: 0 }
    for (let index = from; index < all.length; index++) {
      const message = all[index]!
      const one = isSystem(message) && !message.recalled ? foldOf(message) : undefined
      const last = run.at(-1)
      const apart =
        last && (message.at - last.at >= separatorGapMs || (!marked && mark !== undefined && message.seq >= mark))
      if (!one || apart) break
      run.push(message)
      fold = { names: [...fold.names, ...one.names], count: fold.count + one.count }
    }
    if (run.length < 2) return undefined
    return { line: { type: 'fold', key: `f${run[0]!.seq}`, messages: run, fold } satisfies Line }
  }
}
function pushUploads(lines: Line[], uploads: readonly Upload[], last: Before | undefined, viewerId: string): Line[] {
  let before = last
  for (const upload of uploads) {
    const apart = !before || upload.at - before.at >= separatorGapMs
    if (apart) lines.push({ type: 'time', key: `tu${upload.id}`, at: upload.at })
    const follows = !apart && before?.key === viewerId
    lines.push({ type: 'upload', key: `u${upload.id}`, upload, first: !follows })
    if (follows) continueRun(lines)
    before = { key: viewerId, at: upload.at }
  }
  return lines
}
/** The bubble above is no longer the last of its run. */
function continueRun(lines: Line[]): void {
  const above = lines.at(-2)
  if (above?.type === 'message' || above?.type === 'pending') lines[lines.length - 2] = { ...above, last: false }
}

/** The line that shows a position; -1 when it is not in the lines. */
export function lineIndexOf(lines: readonly Line[], seq: number): number {
  return lines.findIndex((line) => {
    if (line.type === 'message' || line.type === 'system') return line.message.seq === seq
    return line.type === 'fold' && line.messages.some((message) => message.seq === seq)
  })
}
/** The newest position a line shows; undefined for times, marks and what is not acknowledged. */
export function lastSeqOf(line: Line | undefined): number | undefined {
  if (line?.type === 'message' || line?.type === 'system') return line.message.seq
  return line?.type === 'fold' ? line.messages.at(-1)?.seq : undefined
}
/** The oldest position a line shows; undefined for times, marks and what is not acknowledged. */
export function firstSeqOf(line: Line): number | undefined {
  if (line.type === 'message' || line.type === 'system') return line.message.seq
  return line.type === 'fold' ? line.messages[0]?.seq : undefined
}
/** Messages older than the lines were put before them, so that the scroll position must be kept from the end. */
export function isPrepended(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && after < before
}
