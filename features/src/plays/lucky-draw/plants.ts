/** Bugs of lucky draws that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 30_000,
  bugs: [
    {
      bug: 'Entries count after the close while its job is late',
      file: 'server.ts',
      from: `  if (state.phase !== 'open' || call.now >= (body.closesAt ?? 0)) call.fail('draw.closed')`,
      to: `  if (state.phase !== 'open') call.fail('draw.closed')`,
    },
    {
      bug: 'Who runs the group takes part',
      file: 'server.ts',
      from: `actorId === call.senderId || isStaff(actor)`,
      to: `actorId === call.senderId`,
    },
    {
      bug: 'Who is under age takes part',
      file: 'server.ts',
      from: `  if (call.isMinor) call.fail('user.minor_restricted') // [LD16]\n`,
      to: ``,
    },
    {
      bug: 'Who became staff wins',
      file: 'server-parts.ts',
      from: `return member !== undefined && member.active && isStaff(member)`,
      to: `return member !== undefined && !member.active && isStaff(member)`,
    },
    {
      bug: 'Who works for the shop takes part',
      file: 'server.ts',
      from: `  if (await worksForHouse(call, actorId)) call.fail('draw.staff_excluded')\n`,
      to: ``,
    },
    {
      bug: 'Who was hired by the shop wins',
      file: 'server-parts.ts',
      from: `working.has(entry.userId) || isVoid`,
      to: `isVoid`,
    },
    {
      bug: 'Who turned out to be under age wins',
      file: 'server-parts.ts',
      from: `  if ((await call.findUser(userId))?.minor === true) return true // [LD16]\n`,
      to: ``,
    },
    {
      bug: 'A void entry uses up a prize',
      file: 'rules.ts',
      from: `voided.push(entry.entryNo)\n      else {`,
      to: `given += voided.push(entry.entryNo) > 0 ? 1 : 0\n      else {`,
    },
    {
      bug: 'A prize is claimed at the end of its days',
      file: 'server-claims.ts',
      from: `now >= claimEnd(body.claimDays, wonAt ?? 0)`,
      to: `now > claimEnd(body.claimDays, wonAt ?? 0)`,
    },
    {
      bug: 'A prize is claimed twice',
      file: 'server-claims.ts',
      from: `  if (mine.claimedAt !== undefined) return\n`,
      to: ``,
    },
    {
      bug: 'A draw is cancelled after its entries closed',
      file: 'server.ts',
      from: `call.now >= (call.body.closesAt ?? 0)) call.fail('draw.closed')\n        call.setState`,
      to: `call.now < 0) call.fail('draw.closed')\n        call.setState`,
    },
    {
      bug: 'Prizes that nobody won still count against the campaign',
      file: 'server.ts',
      from: `  await keepPrizes(call, winners)\n`,
      to: ``,
    },
    {
      bug: 'An entry counts more chances than were told',
      file: 'rules.ts',
      from: `Math.min(most, 1 + chances)`,
      to: `1 + chances`,
    },
    {
      bug: 'A chance given after entering does not count',
      file: 'server-chances.ts',
      from: `  await setWeight(card.tx, card, userId, weight)\n`,
      to: ``,
    },
    {
      bug: 'A chance is given after the close while its job is late',
      file: 'server-chances.ts',
      from: `state.phase === 'open' && now < (body.closesAt ?? 0)`,
      to: `state.phase === 'open' && now < (body.closesAt ?? 0) + 86_400_000`,
    },
  ],
}
