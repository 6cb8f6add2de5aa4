/** Sixty-four at once for the last place and the last piece. */
import { test } from 'vitest'
import { lastPiece, lastPlace } from './fixtures-crowd.ts'

test('[GB1] [GB10] sixty-four at once for the last place of a team: one has it', () => lastPlace(64))
test('[GB3] sixty-four at once for the last piece: one has it', () => lastPiece(64))
