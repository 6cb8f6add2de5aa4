/** A thousand at once for the last coupon and the last unit of a cap, once in ten commits; else a tenth of them. */
import { lengthOf } from '@qun/testing'
import { test } from 'vitest'
import { lastCoupon, lastOfCap } from './fixtures-crowd.ts'

const count = lengthOf(1_000, 5)

test(`[C1] [C2] ${count} at once on two cards for the last coupon of a stock: one has it`, () => lastCoupon(count))
test(`[CP21] ${count} at once for the last units of a campaign: it is never passed`, () => lastOfCap(count))
