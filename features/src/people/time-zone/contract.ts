/** Time zones 时区 of the app and its merchants, told by the host. Shapes on the wire only. */
import { closed, defineEndpoint, MerchantIdSchema, MillisSchema, nullable, refusal, Type } from '@qun/contract'

const TimeZone = Type.String({ minLength: 1, maxLength: 64, description: 'IANA name: `Asia/Shanghai`.' })
const whose = closed({
  merchantId: Type.Optional({ ...MerchantIdSchema, description: 'Whose; the app’s unless told.' }),
})
const Standing = closed({
  timeZone: TimeZone,
  /** What was told and is not in force yet. */
  next: nullable(closed({ timeZone: TimeZone, at: MillisSchema })),
})
export const timeZoneFacts = {
  'time-zone.set': closed({ merchantId: nullable(MerchantIdSchema), ...Standing.properties }),
} as const

export const setTimeZone = defineEndpoint({
  name: 'timeZones.set',
  method: 'PUT',
  path: '/time-zone',
  doc: 'Tells whose midnight ends a day, from the next midnight on.',
  by: 'server',
  query: whose,
  body: closed({ timeZone: TimeZone }),
  answer: Standing,
  refusals: { 'time_zone.invalid': refusal(422, 'after-change', '时区无效', 'There is no such time zone') },
  errors: ['time_zone.invalid', 'merchant.not_found'],
  facts: timeZoneFacts,
})
export const timeZoneOf = defineEndpoint({
  name: 'timeZones.get',
  method: 'GET',
  path: '/time-zone',
  doc: 'Whose midnight ends a day now, and what was told for later.',
  by: 'server',
  query: whose,
  answer: Standing,
  errors: ['merchant.not_found'],
})
