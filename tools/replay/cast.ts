/**
 * Works out who is who in a log: one person per connection, whatever names they go by, with an id no other person
 * has. Turns the log into steps of a play. Knows no server.
 */
import { createHash } from 'node:crypto'
import type { IrcLog, LogLine } from './irc-log.ts'

export interface Person {
  readonly userId: string
  /** The nick they first appear with. */
  readonly nick: string
}
export type PlayStep =
  | { readonly kind: 'enter'; readonly minute: number; readonly person: Person }
  | { readonly kind: 'leave'; readonly minute: number; readonly person: Person }
  | { readonly kind: 'rename'; readonly minute: number; readonly person: Person; readonly name: string }
  | {
      readonly kind: 'say'
      readonly minute: number
      readonly line: number
      readonly person: Person
      readonly text: string
    }

export interface Play {
  readonly people: readonly Person[]
  readonly steps: readonly PlayStep[]
  /** Lines about people who never say a word; they are not cast. */
  readonly silentCount: number
  /** Pieces made of lines that are longer than a message may be. */
  readonly splitCount: number
}

/** Spread of a person over the log: a nick may pass from one person to another. */
interface Identity {
  readonly nick: string
  readonly person: Person
  spoke: boolean
}

const allowed = /[A-Za-z0-9_.:@|~+-]/

/**
 * A user id for the `nth` person who goes by a nick first; different for different nicks and people. Characters a
 * user id may not have are written `=HH`; `~` begins ids of nicks that would become too long.
 */
export function userIdOf(nick: string, nth: number): string {
  const escaped = [...nick]
    .map((sign) => (allowed.test(sign) && sign !== '~' ? sign : [...Buffer.from(sign)].map(hexOf).join('')))
    .join('')
  const id = nth === 1 ? escaped : `${escaped}=.${nth}`
  return id.length <= 64 ? id : `~${createHash('sha256').update(id).digest('hex').slice(0, 40)}`
}

function hexOf(byte: number): string {
  return `=${byte.toString(16).padStart(2, '0')}`
}

/**
 * A person comes in before their first words and wherever the log says they joined; leaves where it says so; keeps
 * their id through renames. `textMax` is the longest text in code points; longer ones become several messages.
 */
export function castLog(log: IrcLog, textMax: number): Play {
  const identities = identify(log.lines)
  const speakers = new Set([...identities.values()].filter((identity) => identity.spoke).map(({ person }) => person))
  const present = new Set<Person>()
  const steps: PlayStep[] = []
  let silentCount = 0
  let splitCount = 0
  const enter = (person: Person, minute: number) => {
    if (present.has(person)) return
    present.add(person)
    steps.push({ kind: 'enter', minute, person })
  }
  for (const line of log.lines) {
    const { person } = identities.get(line)!
    const { minute } = line
    if (!speakers.has(person)) silentCount += 1
    else if (line.kind === 'join') enter(person, minute)
    else if (line.kind === 'leave') {
      if (present.delete(person)) steps.push({ kind: 'leave', minute, person })
    } else if (line.kind === 'rename') steps.push({ kind: 'rename', minute, person, name: line.to })
    else {
      enter(person, minute)
      const pieces = piecesOf(line.text.trimEnd(), textMax)
      if (pieces.length > 1) splitCount += pieces.length
      for (const text of pieces) steps.push({ kind: 'say', minute, line: line.line, person, text })
    }
  }
  return { people: [...speakers], steps, silentCount, splitCount }
}

/** Which identity each line belongs to. */
function identify(lines: readonly LogLine[]): Map<LogLine, Identity> {
  const byNick = new Map<string, Identity>()
  const counts = new Map<string, number>()
  const owners = new Map<LogLine, Identity>()
  const identityOf = (nick: string): Identity => {
    const known = byNick.get(nick)
    if (known !== undefined) return known
    const nth = (counts.get(nick) ?? 0) + 1
    counts.set(nick, nth)
    const made: Identity = { nick, person: { userId: userIdOf(nick, nth), nick }, spoke: false }
    byNick.set(nick, made)
    return made
  }
  for (const line of lines) {
    const identity = identityOf(line.nick)
    owners.set(line, identity)
    if (line.kind === 'words') identity.spoke = true
    if (line.kind === 'rename') {
      byNick.delete(line.nick)
      // The network gave the nick away, so whoever had it before is somebody else, gone without a word.
      byNick.set(line.to, identity)
    }
  }
  return owners
}

function piecesOf(text: string, textMax: number): string[] {
  const signs = [...text]
  if (signs.length <= textMax) return [text]
  const pieces: string[] = []
  for (let at = 0; at < signs.length; at += textMax)
    pieces.push(
      signs
        .slice(at, at + textMax)
        .join('')
        .trimEnd(),
    )
  return pieces.filter((piece) => piece !== '')
}
