/** Serves what a person sees of their own coupons: lists, and a code to show at a counter. */
import { serveEndpoint } from '@qun/core'
import { codeLifeMs, myCoupons, showCode } from './contract.ts'
import { takeFault } from './rules.ts'
import { viewOf } from './server-parts.ts'
import { hashOfCode, keepCode, listOwn, lockItems, pageKeyOf, type Page } from './store-items.ts'

const mine = serveEndpoint(myCoupons, async (call) => {
  const { list = 'available', cursor, limit = 20 } = call.query
  const found = /^(\d{1,16})~(cpn_[0-9a-f]{24})$/.exec(cursor ?? '')
  if (cursor !== undefined && found === null) call.fail('cursor.invalid')
  const after: Page['after'] = found === null ? undefined : { at: Number(found[1]), couponId: found[2] as string }
  const page = { list, after, limit: limit + 1 }
  const rows = await listOwn(call.tx, call.appId, call.actorId, page, call.now)
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    coupons: shown.map((stored) => viewOf(stored, call.now)),
    cursor: last === undefined ? null : pageKeyOf(list, last),
  }
})

/** [C10] Twenty digits out of 72 random bits: 66 bits that nobody guesses, easily typed when a scanner fails. */
const show = serveEndpoint(showCode, async (call) => {
  const { tx, appId, now } = call
  const [stored] = await lockItems(tx, appId, call.actorId, [call.params.couponId])
  if (stored === undefined) return call.fail('coupon.not_found')
  const fault = takeFault(stored, now)
  if (fault !== undefined) call.fail(fault)
  const code = (BigInt(`0x${call.randomHex(9)}`) % 10n ** 20n).toString().padStart(20, '0')
  const expiresAt = Math.min(now + codeLifeMs, stored.validUntil)
  await keepCode(tx, appId, stored.couponId, hashOfCode(code), expiresAt)
  return { code, expiresAt }
})
export const mineEndpoints = [mine, show]
