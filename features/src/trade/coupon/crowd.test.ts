/** Sixty-four at once for the last coupon and the last unit of a cap. */
import { test } from 'vitest'
import { lastCoupon, lastOfCap } from './fixtures-crowd.ts'

test('[C1] [C2] sixty-four at once on two cards for the last coupon of a stock: one has it', () => lastCoupon(64))
test('[CP21] sixty-four at once for the last units of a campaign: it is never passed', () => lastOfCap(64))
