/** What codes mean to callers. */
import { expect, test } from 'vitest'
import { endsSession, mayRunAgain, storeTrouble } from './trouble.ts'

const withCode = (code: string) => Object.assign(new Error('x'), { code })

test.each([
  ['53100', 'full'],
  ['EDQUOT', 'full'],
  ['23505', 'duplicate'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['55P03', 'conflict'],
  ['08006', 'unavailable'],
  ['57P01', 'unavailable'],
  ['57P03', 'unavailable'],
  ['53300', 'unavailable'],
  ['ECONNREFUSED', 'unavailable'],
  ['26000', 'conflict'],
  ['0A000', undefined],
  ['23503', undefined],
  ['42601', undefined],
])('%s is %s', (code, trouble) => {
  expect(storeTrouble(withCode(code))).toBe(trouble)
})

test("the driver's own errors about a broken connection are unavailable, other errors are nothing", () => {
  expect(storeTrouble(new Error('Connection terminated unexpectedly'))).toBe('unavailable')
  expect(storeTrouble(new Error('timeout exceeded when trying to connect'))).toBe('unavailable')
  expect(storeTrouble(new TypeError('x is not a function'))).toBe(undefined)
  expect(storeTrouble('57P01')).toBe(undefined)
  expect(storeTrouble(null)).toBe(undefined)
})

test('a prepared statement that a change of tables spoilt is a conflict', () => {
  const spoilt = Object.assign(new Error('cached plan must not change result type'), { code: '0A000' })
  expect(storeTrouble(spoilt)).toBe('conflict')
  expect(mayRunAgain(spoilt)).toBe(true)
})

test('[LOG16] what ends a session is known in any language', () => {
  const told = (severity: string, code: string) => endsSession(Object.assign(new Error(severity), { severity, code }))
  expect([told('FATAL', 'XX000'), told('致命错误', '57P01'), told('SCHWERWIEGEND', '57P05')]).toEqual([
    true,
    true,
    true,
  ])
  expect([told('ERROR', '57014'), told('FEHLER', '23505'), endsSession('57P01')]).toEqual([false, false, false])
})

test('only what the server rolled back itself may run again', () => {
  expect(['40001', '40P01', '40003', '55P03', '57P01'].filter((code) => mayRunAgain(withCode(code)))).toEqual([
    '40001',
    '40P01',
  ])
})
