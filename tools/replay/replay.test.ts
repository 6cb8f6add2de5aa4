/** Checks how a log is read, cast and proved, without a server. */
import { readFileSync } from 'node:fs'
import { UserIdSchema } from '@qun/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { castLog, userIdOf } from './cast.ts'
import { parseIrcLog } from './irc-log.ts'
import { proveLog, type LogMessage, type SaidLine } from './proof.ts'

const sample = readFileSync(new URL('sample.txt', import.meta.url), 'utf8')

describe('reading a log', () => {
  test('tells words, comings and goings apart and counts the rest', () => {
    const log = parseIrcLog(sample)
    expect(log.lines.map((line) => `${line.kind} ${line.nick}`)).toEqual([
      'words ann',
      'join bob',
      'words bob',
      'rename bob',
      'words |bobby|',
      'words ann',
      'words cy`',
      'leave ann',
      'words ann',
    ])
    expect({ ...log, lines: undefined }).toMatchObject({ emptyCount: 1, emoteCount: 2, otherCount: 1 })
  })

  test('time never goes back, and midnight passes', () => {
    const minutes = parseIrcLog('[23:59] <a> x\n[00:01] <a> y\n[00:00] <a> z\n[12:59] <a> u\n[01:02] <a> v').lines
    expect(minutes.map((line) => line.minute)).toEqual([0, 2, 2, 781, 784])
  })
})

describe('casting', () => {
  test('one person keeps one id through names, and nobody shares it', () => {
    const play = castLog(parseIrcLog('[01:00] <a> 1\n=== a is now known as b\n[01:00] <b> 2\n[01:00] <a> 3'), 5_000)
    expect(play.steps.filter((step) => step.kind === 'say').map((step) => step.person.userId)).toEqual([
      'a',
      'a',
      'a=.2',
    ])
  })

  test('every speaker comes in before the first words and after leaving', () => {
    const { steps, people } = castLog(parseIrcLog(sample), 5_000)
    const present = new Set<string>()
    for (const { kind, person } of steps) {
      if (kind === 'enter') expect(present.has(person.userId)).toBe(false)
      else if (kind !== 'rename') expect(present.has(person.userId)).toBe(true)
      if (kind === 'enter') present.add(person.userId)
      if (kind === 'leave') present.delete(person.userId)
    }
    expect(people).toHaveLength(3)
  })

  test('a text beyond the limit becomes several', () => {
    const play = castLog(parseIrcLog(`[01:00] <a> ${'汉'.repeat(25)}`), 10)
    expect(play.steps.filter((step) => step.kind === 'say').map((step) => step.text.length)).toEqual([10, 10, 5])
    expect(play.splitCount).toBe(3)
  })

  test('ids are allowed by the contract and different for different nicks', () => {
    const pattern = new RegExp((UserIdSchema as unknown as { pattern: string }).pattern, 'u')
    const nick = fc.string({ unit: fc.constantFrom(...'aB9_.:@|~+-=[]^`\\{}汉'), minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(nick, nick, fc.integer({ min: 1, max: 3 }), (one, other, nth) => {
        expect(userIdOf(one, nth)).toMatch(pattern)
        expect(userIdOf(one, nth) === userIdOf(other, nth)).toBe(one === other)
        expect(userIdOf(one, 1)).not.toBe(userIdOf(other, 2))
      }),
    )
  })
})

describe('the proof bites', () => {
  const log: LogMessage[] = ['a', 'b', 'c'].map((text, index) => ({
    seq: index + 1,
    senderId: 'li',
    kind: 'text',
    body: { text },
  }))
  const said: SaidLine[] = ['a', 'b', 'c'].map((text, index) => ({ line: index, userId: 'li', text, seq: index + 1 }))
  const member = { userId: 'he', joinSeq: 1, messages: log.slice(1) }
  const differences = (kept: LogMessage[], lines = said, held = member) =>
    proveLog(kept, lines, [held], true).differences

  test('and is silent when all is well', () => {
    expect(differences(log)).toEqual([])
    expect(proveLog(log, said, [member], false).differences).toEqual([])
  })
  test('on a lost, a doubled, a swapped and a changed message', () => {
    expect(differences(log.slice(0, 2))).not.toEqual([])
    expect(differences([...log, { ...log[2]!, seq: 4 }])).not.toEqual([])
    expect(differences([log[1]!, log[0]!, log[2]!])).not.toEqual([])
    expect(differences([log[0]!, { ...log[1]!, body: { text: 'B' } }, log[2]!])).not.toEqual([])
  })
  test('on a line nobody acknowledged and on a position given twice', () => {
    expect(differences(log, [...said.slice(0, 2), { ...said[2]!, seq: undefined }])).not.toEqual([])
    expect(differences(log, [said[0]!, said[1]!, { ...said[2]!, seq: 2 }])).not.toEqual([])
  })
  test('on a member who holds less, more or something else', () => {
    for (const messages of [log.slice(2), log, [log[1]!, { ...log[2]!, senderId: 'he' }]])
      expect(differences(log, said, { ...member, messages })).not.toEqual([])
  })
  test('on a speaker whose words changed places', () => {
    const swapped = [log[1]!, log[0]!, log[2]!].map((message, index) => ({ ...message, seq: index + 1 }))
    const lines = said.map((line) => ({
      ...line,
      seq: swapped.find(({ body }) => (body as { text: string }).text === line.text)!.seq,
    }))
    expect(proveLog(swapped, lines, [], false).differences).toHaveLength(1)
  })
})
