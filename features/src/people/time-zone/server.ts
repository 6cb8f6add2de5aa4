/** Serves time zones: glue between the contract and the engine, which keeps them. */
import { isTimeZone } from '@qun/contract'
import { defineFeature, knownMerchant, serveEndpoint, setZone, zoneAt, type Call } from '@qun/core'
import { setTimeZone, timeZoneOf } from './contract.ts'

/** A merchant's path; null for the app. */
async function pathOf(call: Call, merchantId: string | undefined): Promise<readonly string[] | null> {
  if (merchantId === undefined) return null
  return (await knownMerchant(call, merchantId)).path
}
const set = serveEndpoint(setTimeZone, async (call) => {
  const { timeZone } = call.body
  if (!isTimeZone(timeZone)) call.fail('time_zone.invalid')
  const { merchantId } = call.query
  const zone = await setZone(call, await pathOf(call, merchantId), timeZone)
  call.recordForApp('time-zone.set', { merchantId: merchantId ?? null, ...zone })
  return zone
})
const get = serveEndpoint(timeZoneOf, async (call) => zoneAt(call, await pathOf(call, call.query.merchantId)))

export default defineFeature({ name: 'time-zone', endpoints: [set, get] })
