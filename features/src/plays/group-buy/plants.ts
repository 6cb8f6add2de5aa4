/** Bugs of group buys that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 20_000,
  bugs: [
    {
      bug: 'A full team takes one more',
      file: 'rules.ts',
      from: `team.paidCount + team.heldCount >= capacityOf(ladder)`,
      to: `team.paidCount + team.heldCount > capacityOf(ladder)`,
    },
    {
      bug: 'The limit of a person forgets the pieces that are asked for',
      file: 'rules.ts',
      from: `boughtCount + quantity > perMember`,
      to: `boughtCount >= perMember`,
    },
    {
      bug: 'The last piece is not sold',
      file: 'rules.ts',
      from: `left < quantity ?`,
      to: `left <= quantity ?`,
    },
    {
      bug: 'A team buys at the first step, however full it is',
      file: 'rules.ts',
      from: `ladder.findLast((step) => paidCount >= step.size)`,
      to: `ladder.find((step) => paidCount >= step.size)`,
    },
    {
      bug: 'The money of an order that ended is taken',
      file: 'server-host.ts',
      from: `  if (order.isEnded) return refuseMoney(card, place, orderId, 'host')\n`,
      to: ``,
    },
    {
      bug: 'The instruction to capture a refunded order stands',
      file: 'server-host.ts',
      from: `    await dropInstruction(card.tx, card.appId, orderId)\n`,
      to: ``,
    },
    {
      bug: 'An ended order keeps a place for itself',
      file: 'store-orders.ts',
      from: ` AND ended_at IS NULL LIMIT 1`,
      to: ` LIMIT 1`,
    },
    {
      bug: 'A kept place counts against the stock once more when it is paid',
      file: 'server-teams.ts',
      from: `state.left + (isHeld ? place.quantity : 0)`,
      to: `state.left`,
    },
    {
      bug: 'A leader withdraws while somebody is paying',
      file: 'rules.ts',
      from: `team.paidCount === 1 && team.heldCount === 0`,
      to: `team.paidCount === 1`,
    },
    {
      bug: 'What is captured is what was authorised',
      file: 'server-teams.ts',
      from: `amountFen: priceFen * place.quantity,`,
      to: `amountFen: place.amountFen,`,
    },
    {
      bug: 'A refunded purchase still counts against its buyer',
      file: 'server-teams.ts',
      from: `mine.boughtCount - (status === 'won' ? quantity : 0)`,
      to: `mine.boughtCount`,
    },
    {
      bug: 'Places are kept after the end while its job is late',
      file: 'server-teams.ts',
      from: `call.state.phase === 'on' && call.now < call.body.endsAt &&`,
      to: `call.state.phase === 'on' &&`,
    },
  ],
}
