/** A cursor against every disorder a network can make. */
import * as fc from 'fast-check'
import type { Row } from '@qun/contract'
import { expect, test } from 'vitest'
import { groupId } from '../test/world.ts'
import { applyFrame, beginning, restartAt, unreadStream, type Changes, type Cursor } from './streams.ts'

const frame = (from: number, to: number): Changes => {
  const rows = Array.from({ length: to - from }, (_, index) => ({ row: 'message', version: from + index + 1 }))
  return { op: 'changes', stream: `group/${groupId}`, from, to, rows: rows as unknown as Row[] }
}
const versions = (rows: readonly Row[]) => rows.map((row) => row.version)

test('[SYNC2] a frame moves the cursor only if it starts at or before it', () => {
  const at3: Cursor = { version: 3, held: [], seen: 3 }
  expect(applyFrame(at3, frame(3, 5))).toMatchObject({ cursor: { version: 5 }, behind: false })
  expect(applyFrame(at3, frame(1, 5))).toMatchObject({ cursor: { version: 5 }, behind: false })
  expect(applyFrame(at3, frame(0, 3))).toEqual({ cursor: at3, rows: [], behind: false })
  const step = applyFrame(at3, frame(4, 6))
  expect(step).toMatchObject({ cursor: { version: 3, seen: 6 }, rows: [], behind: true })
  const filled = applyFrame(step.cursor, frame(3, 4))
  expect(filled).toMatchObject({ cursor: { version: 6, held: [] }, behind: false })
  expect(versions(filled.rows)).toEqual([4, 5, 6])
})

test('a stream that was never read holds everything until it is', () => {
  const held = applyFrame(unreadStream, frame(7, 8))
  expect(held).toMatchObject({ rows: [], behind: true })
  expect(restartAt(held.cursor, 7)).toMatchObject({ cursor: { version: 8 }, behind: false })
  expect(restartAt(held.cursor, 5)).toMatchObject({ cursor: { version: 5 }, behind: true })
})

test('[SYNC2] any order of any frames: no version is skipped, and a pull ends every gap', () => {
  const span = fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 10 }))
  fc.assert(
    fc.property(fc.array(span, { maxLength: 250 }), (spans) => {
      let cursor = beginning
      const held = new Set<number>()
      let furthest = 0
      for (const [from, length] of spans) {
        furthest = Math.max(furthest, from + length)
        const step = applyFrame(cursor, frame(from, from + length))
        for (const version of versions(step.rows)) held.add(version)
        cursor = step.cursor
        expect(step.behind).toBe(cursor.version < furthest)
        for (let version = 1; version <= cursor.version; version++) expect(held.has(version)).toBe(true)
      }
      const pulled = applyFrame(cursor, frame(cursor.version, furthest))
      expect(pulled.cursor.version).toBe(furthest)
      expect(pulled.behind).toBe(false)
    }),
    { numRuns: 200 },
  )
})
