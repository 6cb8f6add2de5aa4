/** A thousand at once for the last unit of a cap and the last points, once in ten commits; else a tenth of them. */
import { lengthOf } from '@qun/testing'
import { test } from 'vitest'
import { lastOfCap, lastPoint } from './fixtures-crowd.ts'

const count = lengthOf(1_000, 6)

test(`[PO6] ${count} grants at once for the last unit of a campaign: one is given, and one once it is back`, () =>
  lastOfCap(count))
test(`[PO2] ${count} deductions at once of the last points: one goes through`, () => lastPoint(count))
