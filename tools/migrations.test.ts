/** Applied migrations never change: the code's are the frozen ones. */
import { describe, expect, test } from 'vitest'
import { compareMigrations, freeze, listMigrations, readFrozen } from './tidy/migrations.ts'

describe('migrations', () => {
  test('are what was frozen', () => {
    expect(compareMigrations(readFrozen(), listMigrations())).toEqual([])
    expect(listMigrations().length).toBeGreaterThanOrEqual(3)
  })

  const first = { id: 'poll-001', up: ['CREATE TABLE poll_ballots (app_id text NOT NULL)'] }
  const second = { id: 'poll-002', up: ['ALTER TABLE poll_ballots ADD at bigint'] }
  test('a changed, a missing, a followed, a doubled and a misnamed one are reported', () => {
    const frozen = freeze({}, [first, second])
    expect(compareMigrations(frozen, [first, second])).toEqual([])
    const changed = { ...second, up: ['ALTER TABLE poll_ballots ADD at integer'] }
    expect(compareMigrations(frozen, [first, changed])).toEqual([expect.stringContaining('poll-002 reads differently')])
    expect(compareMigrations(frozen, [first])).toEqual([expect.stringContaining('poll-002 is gone')])
    expect(compareMigrations({}, [first, second])).toEqual([expect.stringContaining('poll-001 is followed by another')])
    expect(compareMigrations(freeze({}, [first]), [first, second])).toEqual([])
    expect(compareMigrations(frozen, [first, second, second])).toEqual(['poll-002 stands twice.'])
    const misnamed = { ...first, id: 'Poll1' }
    expect(compareMigrations(freeze({}, [misnamed]), [misnamed])).toEqual([
      expect.stringContaining('Poll1 is not called like'),
    ])
  })
  test('freezing again keeps what was frozen', () => {
    const changed = { ...first, up: ['SELECT 1'] }
    expect(freeze(freeze({}, [first]), [changed, second])).toEqual(freeze({}, [first, second]))
  })
})
