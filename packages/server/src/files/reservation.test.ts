/** What an upload holds of the bytes there are, from its head to its end. */
import { Refusal } from '@qun/contract'
import { expect, test } from 'vitest'
import { mib, Shares } from '../ground/shares.ts'
import { Reservation } from './reservation.ts'

const li = { app: 'a', person: 'li' }

test('[SPOOL3] an upload holds a little ahead, then as much again as came, never more than its length; past half, all', () => {
  const shares = new Shares('bytes', { max: 30 * mib, perAppMax: 30 * mib, perPersonMax: 30 * mib })
  const room = new Reservation(shares, li, 20 * mib)
  const heldAfter = (came: number) => {
    room.grow(came * mib)
    return shares.held / mib
  }
  expect(shares.held).toBe(mib)
  expect([0.5, 1, 3, 10, 15, 20].map(heldAfter)).toEqual([1.5, 2, 6, 20, 20, 20])
  room.shrink(2 * mib)
  expect(shares.held).toBe(2 * mib)
  room.shrink(0)
  room.shrink(0)
  expect(shares.held).toBe(0)
  const small = new Reservation(shares, li, 10)
  expect(shares.held).toBe(10)
  small.shrink(0)
  expect(shares.held).toBe(0)
})
test('[SPOOL3] where there is no room ahead, what has come still counts; beyond it there is none', () => {
  const shares = new Shares('bytes', { max: 5 * mib, perAppMax: 5 * mib, perPersonMax: 5 * mib })
  const room = new Reservation(shares, li, 20 * mib)
  room.grow(2 * mib)
  room.grow(3 * mib)
  room.grow(5 * mib)
  expect(shares.held).toBe(5 * mib)
  expect(() => room.grow(5 * mib + 1)).toThrow(Refusal)
  expect(shares.held).toBe(5 * mib)
})
