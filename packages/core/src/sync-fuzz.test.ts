/** Seeded fuzz of a whole world: loss, repetition, reordering, reconnects; and in the end everybody agrees. */
import { features } from '@qun/chat/server'
import { addMembers, changeGroup, leaveGroup } from '@qun/features/membership/contract'
import { textMessage } from '@qun/features/message/contract'
import { fuzzWorld, type FuzzMoves } from '@qun/testing'
import { describe, test } from 'vitest'

export const moves: FuzzMoves = {
  features,
  text: textMessage,
  textBody: (n) => ({ text: `第 ${n} 句话` }),
  react: {
    action: 'react',
    input: (random) => ({ emoji: ['👍', '❤️', '😂'][Math.floor(random() * 3)], on: random() < 0.7 }),
  },
  edit: { action: 'edit', input: (n) => ({ text: `改为 ${n}`, ifEdits: 0 }) },
  leave: leaveGroup,
  add: addMembers,
  rename: changeGroup,
}

describe('fuzz', () => {
  test.each(Array.from({ length: Number(process.env['FUZZ'] ?? 8) }, (_, i) => i + 1))(
    '[SYNC9] seed %i',
    async (seed) => {
      await fuzzWorld(moves, seed, 60)
    },
  )
})
