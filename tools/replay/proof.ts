/** Compares what was said with what the server keeps and what each member holds. Pure; knows no connection. */
import { createHash } from 'node:crypto'

export interface LogMessage {
  readonly seq: number
  readonly senderId: string
  readonly kind: string
  readonly body: unknown
}
/** A line as it was sent, in the order of the input. */
export interface SaidLine {
  readonly line: number
  readonly userId: string
  readonly text: string
  /** The position the server acknowledged; undefined if it never did. */
  readonly seq: number | undefined
}
export interface MemberLog {
  readonly userId: string
  /** Messages after this position are visible to the member. */
  readonly joinSeq: number
  readonly messages: readonly LogMessage[]
}
export interface Proof {
  readonly messages: number
  /** Lines of the system among them: who came and went. */
  readonly systemLines: number
  readonly membersCompared: number
  /** SHA-256 over position, sender, kind and body of every message. */
  readonly hash: string
  /** What does not hold, in plain words; empty when all is well. */
  readonly differences: readonly string[]
}

/** At most this many differences of one sort are spelled out. */
const shownMax = 5

export function hashLog(messages: readonly LogMessage[]): string {
  const hash = createHash('sha256')
  for (const { seq, senderId, kind, body } of messages) hash.update(`${JSON.stringify([seq, senderId, kind, body])}\n`)
  return hash.digest('hex')
}

/**
 * `strict`: the log's texts are the input, in its order. Otherwise each speaker's lines are in order and all lines
 * together are the same.
 */
export function proveLog(
  log: readonly LogMessage[],
  said: readonly SaidLine[],
  members: readonly MemberLog[],
  strict: boolean,
): Proof {
  const texts = log.filter((message) => message.kind === 'text' && message.senderId !== '')
  const differences = [
    ...checkPositions(log),
    ...checkAcknowledged(log, said),
    ...(strict ? checkOrder(texts, said) : checkSpeakers(texts, said)),
    ...members.flatMap((member) => checkMember(log, member)),
  ]
  return {
    messages: log.length,
    systemLines: log.length - texts.length,
    membersCompared: members.length,
    hash: hashLog(log),
    differences,
  }
}

/** Positions are 1, 2, 3 … */
function checkPositions(log: readonly LogMessage[]): string[] {
  return shown(
    log.flatMap((message, index) =>
      message.seq === index + 1 ? [] : [`position ${index + 1} holds seq ${message.seq}`],
    ),
  )
}

/** Every acknowledged line is at its acknowledged position, and at no other. */
function checkAcknowledged(log: readonly LogMessage[], said: readonly SaidLine[]): string[] {
  const bySeq = new Map(log.map((message) => [message.seq, message]))
  const taken = new Map<number, number>()
  const differences: string[] = []
  for (const { line, seq, userId, text } of said) {
    if (seq === undefined) {
      differences.push(`line ${line} was never acknowledged`)
      continue
    }
    const message = bySeq.get(seq)
    if (message === undefined) differences.push(`line ${line}, acknowledged at ${seq}, is lost`)
    else if (message.senderId !== userId || textOf(message) !== text)
      differences.push(`seq ${seq} does not hold line ${line}: ${JSON.stringify(message.body)}`)
    if (taken.has(seq))
      differences.push(`lines ${taken.get(seq)} and ${line} were acknowledged at one position, ${seq}`)
    taken.set(seq, line)
  }
  return shown(differences)
}

function checkOrder(texts: readonly LogMessage[], said: readonly SaidLine[]): string[] {
  const differences: string[] = []
  if (texts.length !== said.length) differences.push(`the log holds ${texts.length} texts, the input ${said.length}`)
  for (let at = 0; at < Math.min(texts.length, said.length); at += 1) {
    const kept = texts[at]!
    const wanted = said[at]!
    if (kept.senderId === wanted.userId && textOf(kept) === wanted.text) continue
    differences.push(`text ${at + 1} is ${JSON.stringify(kept.body)} by ${kept.senderId}, not line ${wanted.line}`)
  }
  return shown(differences)
}

function checkSpeakers(texts: readonly LogMessage[], said: readonly SaidLine[]): string[] {
  const kept = Map.groupBy(texts, (message) => message.senderId)
  const wanted = Map.groupBy(said, (line) => line.userId)
  const differences: string[] = []
  for (const userId of new Set([...kept.keys(), ...wanted.keys()])) {
    const keptTexts = JSON.stringify((kept.get(userId) ?? []).map(textOf))
    const wantedTexts = JSON.stringify((wanted.get(userId) ?? []).map((line) => line.text))
    if (keptTexts !== wantedTexts) differences.push(`the words of ${userId} differ: ${keptTexts} is not ${wantedTexts}`)
  }
  return shown(differences)
}

function checkMember(log: readonly LogMessage[], member: MemberLog): string[] {
  const visible = log.filter((message) => message.seq > member.joinSeq)
  if (hashLog(member.messages) === hashLog(visible)) return []
  const held = new Set(member.messages.map((message) => message.seq))
  const missing = visible.filter((message) => !held.has(message.seq)).length
  return [`${member.userId} holds ${member.messages.length} of ${visible.length} messages, ${missing} missing`]
}

function textOf(message: LogMessage): unknown {
  return (message.body as { text?: unknown } | null)?.text
}
function shown(differences: readonly string[]): string[] {
  if (differences.length <= shownMax) return [...differences]
  return [...differences.slice(0, shownMax), `… and ${differences.length - shownMax} more of this sort`]
}
