/** Sixty-four at once for the last chance. */
import { test } from 'vitest'
import { lastChance } from './fixtures-crowd.ts'

test('[LD20] sixty-four chances at once for one entry, and one chance for sixty-four: each counts once', () =>
  lastChance(64))
