/** A thousand at once for the last place and the last piece, once in ten commits; a tenth of them the other times. */
import { lengthOf } from '@qun/testing'
import { test } from 'vitest'
import { lastPiece, lastPlace } from './fixtures-crowd.ts'

const count = lengthOf(1_000, 2)

test(`[GB1] [GB10] ${count} at once for the last place of a team: one has it`, () => lastPlace(count))
test(`[GB3] ${count} at once for the last piece: one has it`, () => lastPiece(count))
