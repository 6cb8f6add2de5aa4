/** A thousand at once for the last piece, once in ten commits; a tenth of them the other times. */
import { lengthOf } from '@qun/testing'
import { test } from 'vitest'
import { lastLatePayment, lastPiece } from './fixtures-crowd.ts'

const count = lengthOf(1_000, 0)

test(`[FS2] [FS3] [FS7] ${count} at once for the last piece: one has it, and once more after its refund`, () =>
  lastPiece(count))
test(`[V3] [FS6] ${count} orders at once for one lapsed hold and the last piece: one pays`, () =>
  lastLatePayment(count))
