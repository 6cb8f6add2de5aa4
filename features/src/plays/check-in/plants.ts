/** Bugs of check-ins that the random walk must find. */
import type { Plants } from '@qun/testing'

export const plants: Plants = {
  steps: 3_000,
  bugs: [
    {
      bug: 'The last day that may be made up is missed',
      file: 'rules.ts',
      from: `age >= 1 && age <= makeUpAgeMax`,
      to: `age >= 1 && age < makeUpAgeMax`,
    },
    {
      bug: 'Days from before the programme are made up',
      file: 'rules.ts',
      from: ` && day >= since && !days.includes(day)`,
      to: ` && !days.includes(day)`,
    },
    {
      bug: 'A streak breaks at midnight',
      file: 'rules.ts',
      from: `end - last > 1) return 0`,
      to: `end - last > 0) return 0`,
    },
    {
      bug: 'The window is open a minute longer',
      file: 'server.ts',
      from: `minute >= body.closes) call.fail('check_in.window')`,
      to: `minute > body.closes) call.fail('check_in.window')`,
    },
    {
      bug: 'A milestone that a made-up day leaps over is not given',
      file: 'rules.ts',
      from: `({ days }) => days <= value && !reached.includes(days)`,
      to: `({ days }) => days === value && !reached.includes(days)`,
    },
    {
      bug: 'A milestone is reached each day anew',
      file: 'rules.ts',
      from: `({ days }) => days <= value && !reached.includes(days)`,
      to: `({ days }) => days <= value && reached.length < 9`,
    },
    {
      bug: 'The last make-up is refused',
      file: 'server.ts',
      from: `if (usedMakeUps > body.makeUps) call.fail`,
      to: `if (added.madeUp && usedMakeUps >= body.makeUps) call.fail`,
    },
    {
      bug: 'Words that repeat earn',
      file: 'server.ts',
      from: `const due = isRepeat ? [] : milestonesReached`,
      to: `const due = isRepeat && before.length === 0 ? [] : milestonesReached`,
    },
    {
      bug: 'A milestone for which a cap had no room is lost',
      file: 'server.ts',
      from: `const fresh = (await give(call, due)) ? due : []`,
      to: `const fresh = (await give(call, due)) || due.length > 0 ? due : []`,
    },
    {
      bug: 'A milestone counts against the day of who offers it',
      file: 'server.ts',
      from: `memberDay(issuer, actorId, now)]`,
      to: `memberDay(issuer, senderId, now)]`,
    },
    {
      bug: 'A programme goes on after its end while its job is late',
      file: 'server.ts',
      from: `if (state.phase === 'ended' || (body.endsAt !== undefined && now >= body.endsAt)) call.fail('check_in.ended')`,
      to: `if (state.phase === 'ended') call.fail('check_in.ended')`,
    },
    {
      bug: 'A day that was checked is checked again',
      file: 'server.ts',
      from: `  if (mine?.days.includes(day) === true) return // [CI1]\n`,
      to: ``,
    },
    {
      bug: 'Who got there last stands ahead',
      file: 'server.ts',
      from: `others.findIndex(({ days }) => days < one.days)`,
      to: `others.findIndex(({ days }) => days <= one.days)`,
    },
  ],
}
