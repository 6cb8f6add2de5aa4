/** Sixty-four at once for the last piece. */
import { test } from 'vitest'
import { lastLatePayment, lastPiece } from './fixtures-crowd.ts'

test('[FS2] [FS3] [FS7] sixty-four at once for the last piece: one has it, and once more after its refund', () =>
  lastPiece(64))
test('[V3] [FS6] sixty-four orders at once for one lapsed hold and the last piece: one pays', () => lastLatePayment(64))
