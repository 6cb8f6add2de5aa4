/** Sixty-four at once for the last unit of a cap and the last points. */
import { test } from 'vitest'
import { lastOfCap, lastPoint } from './fixtures-crowd.ts'

test('[PO6] sixty-four grants at once for the last unit of a campaign: one is given, and one once it is back', () =>
  lastOfCap(64))
test('[PO2] sixty-four deductions at once of the last points: one goes through', () => lastPoint(64))
