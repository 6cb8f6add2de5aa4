/** What follows a draw: winners claim within their days, and what nobody claimed is drawn again or goes back. */
import type { ActionCall } from '@qun/core'
import { type luckyDraw, type Proof, winnersShownMax } from './contract.ts'
import { redrawIdOf, redrawWinners } from './rules.ts'
import { keepPrizes } from './server-budget.ts'
import { allEntries, announce, type DrawCall, hashing, namesOf, nameWinners, voidOf } from './server-parts.ts'
import { addClaim, findProof, keepProof, listClaims, listEntries } from './store.ts'

const dayMs = 86_400_000
export const claimEnd = (days: number, drawnAt: number): number => drawnAt + days * dayMs

/** [LD17] Within its time, once; the rule stood on the card before anyone entered. */
export async function claim(call: ActionCall<typeof luckyDraw>): Promise<void> {
  const { state, body, actorId, now } = call
  const mine = await call.mineOf(actorId)
  if (mine?.prize === undefined || state.phase !== 'drawn') return call.fail('draw.not_winner')
  if (mine.claimedAt !== undefined) return
  const wonAt = mine.isRedrawn === true ? state.redraw?.at : state.drawnAt
  const isLate = body.claimDays !== undefined && now >= claimEnd(body.claimDays, wonAt ?? 0)
  if (isLate || mine.isLapsed === true || state.unclaimedCount !== undefined) call.fail('draw.claim_expired')
  await addClaim(call.tx, call, actorId, now)
  call.setMine(actorId, { ...mine, claimedAt: now })
  call.record('lucky-draw.claimed', { seq: call.seq, userId: actorId, prize: mine.prize })
}

/** [LD17] [LD18] The days to claim are over: what nobody claimed is drawn again, once, or is the organiser's. */
export async function endClaims(call: DrawCall): Promise<void> {
  const { state, body } = call
  if (state.phase !== 'drawn' || state.unclaimedCount !== undefined) return
  const claimed = await listClaims(call.tx, call)
  const count = state.winnerCount - claimed.length
  // In a group that was disbanded nobody could claim what a redraw gives.
  const redraws = body.unclaimed === 'redraw' && state.redraw === undefined && count > 0 && !call.disbanded
  const isOver = !redraws || !(await redraw(call, new Set(claimed)))
  const proof = await findProof(call.tx, call)
  const first = (proof?.winners ?? []).filter(({ userId }) => claimed.includes(userId))
  const second = (proof?.redraw?.winners ?? []).filter(({ userId }) => !isOver || claimed.includes(userId))
  await keepPrizes(call, [...first, ...second])
  if (isOver) giveBack(call, count)
}
function giveBack(call: DrawCall, count: number): void {
  call.setState({ ...call.state, unclaimedCount: count })
  call.record('lucky-draw.unclaimed', { seq: call.seq, count })
}

/** [LD18] True when somebody won, and has days to claim. */
async function redraw(call: DrawCall, claimed: ReadonlySet<string>): Promise<boolean> {
  const { body, now, seq } = call
  const proof = await findProof(call.tx, call)
  if (proof === undefined) return false
  const entries = await listEntries(call.tx, call, allEntries)
  const lapsing = proof.winners.filter((winner) => !claimed.has(winner.userId))
  const lapsed = lapsing.map((winner) => winner.entryNo)
  const drawn = await redrawWinners(hashing, proof, entries, lapsed, await voidOf(call, entries))
  const winners: Proof['winners'] = await nameWinners(call, drawn.winners, entries)
  for (const { userId, entryNo, prize } of lapsing) call.setMine(userId, { entryNo, prize, isLapsed: true })
  for (const { userId, entryNo, prize } of winners) call.setMine(userId, { entryNo, prize, isRedrawn: true })
  const drawId = redrawIdOf(proof.drawId)
  await keepProof(call.tx, call, { ...proof, redraw: { drawId, lapsed, voided: drawn.voided, winners } })
  const count = lapsed.length
  const shown = winners.slice(0, winnersShownMax)
  call.setState({ ...call.state, redraw: { at: now, count, winnerCount: winners.length, winners: shown } })
  call.record('lucky-draw.redrawn', { seq, count, winnerCount: winners.length })
  if (winners.length === 0) return false
  call.schedule(claimEnd(body.claimDays ?? 0, now), 'unclaimed')
  const names = namesOf(winners)
  await announce(call, {
    'zh-CN': `「${body.title}」无人领取的奖品已补抽：${names['zh-CN']}中奖`,
    en: `Unclaimed prizes of “${body.title}” were drawn again: ${names.en} won`,
  })
  return true
}
