/** A thousand at once for the last chance, once in ten commits; a tenth of them the other times. */
import { lengthOf } from '@qun/testing'
import { test } from 'vitest'
import { lastChance } from './fixtures-crowd.ts'

const count = lengthOf(1_000, 9)

test(`[LD20] ${count} chances at once for one entry, and one chance for as many: each counts once`, () =>
  lastChance(count))
