/** Serves merchants and their staff: glue between the contract and the engine, which keeps them. */
import { refuse, type UserId } from '@qun/contract'
import {
  defineFeature,
  endMerchant,
  findMerchant,
  knownMerchant,
  listMerchants,
  listStaff,
  putMerchant,
  serveEndpoint,
  setSuspended,
  worksFor,
  type Merchant,
} from '@qun/core'
import {
  endMerchantEndpoint,
  giveGroup,
  listMerchantsEndpoint,
  listStaffEndpoint,
  merchantOfGroup,
  merchantStaff,
  putMerchantEndpoint,
  putStaff,
  removeStaff,
  suspendMerchant,
  writerOf,
} from './contract.ts'
import { groupReactions, hand } from './server-groups.ts'
import { employ, pageDefault, pageOf, staffEndpoints, viewOfStaff } from './server-staff.ts'
import { dropWaiting, migrations } from './store.ts'

const viewOf = ({ path, ...rest }: Merchant) => ({ ...rest, path: [...path] })
const put = serveEndpoint(putMerchantEndpoint, async (call) => {
  const { merchantId } = call.params
  const { name, parentId, programme } = call.body
  const before = await findMerchant(call, merchantId)
  // Told again without its parent, it stays where it is.
  const parent = parentId ?? before?.path[1]
  const made = await putMerchant(call, { merchantId, name, parentId: parent, programme })
  if (!made) call.fail('merchant.parent_invalid')
  return viewOf(await knownMerchant(call, merchantId))
})
const list = serveEndpoint(listMerchantsEndpoint, async (call) => {
  const { after = '', limit = pageDefault } = call.query
  const { shown, more } = pageOf(await listMerchants(call, after, limit + 1), limit)
  return { merchants: shown.map(viewOf), more }
})
const suspend = serveEndpoint(suspendMerchant, async (call) => {
  const { merchantId } = call.params
  const { suspended } = call.body
  await setSuspended(call, merchantId, suspended)
  call.recordForApp('merchant.suspended', { merchantId, suspended })
  return {}
})

const end = serveEndpoint(endMerchantEndpoint, async (call) => {
  const { merchantId } = call.params
  const outcome = await endMerchant(call, merchantId)
  if (outcome === 'branches') call.fail('merchant.has_branches')
  if (outcome === 'before') return {}
  call.recordForApp('merchant.ended', { merchantId })
  call.recordForApp('merchant.suspended', { merchantId, suspended: true })
  return {}
})

const staff = serveEndpoint(listStaffEndpoint, async (call) => {
  const { merchantId } = await knownMerchant(call, call.params.merchantId)
  const { after = '', limit = pageDefault } = call.query
  const { shown, more } = pageOf(await listStaff(call, { merchantId, after, limit: limit + 1 }), limit)
  return { staff: shown.map(viewOfStaff), more }
})
const hire = serveEndpoint(putStaff, async (call) => {
  if ((await call.findUser(call.params.userId)) === undefined) throw refuse('user.not_found')
  return employ(call, call.params, call.body)
})
const letGo = serveEndpoint(removeStaff, (call) => employ(call, call.params, null))

const give = serveEndpoint(giveGroup, async (call) => {
  const { userId } = call.body
  const group = await call.group(call.params.groupId)
  if (group.row.disbandedAt !== undefined) call.fail('group.dissolved')
  const path = group.row.merchantPath ?? []
  if (!(await worksFor(call, path, userId))) call.fail('merchant.not_staff')
  const fromId = group.row.ownerId
  if (fromId === userId) return {}
  await hand(call, group, userId)
  await group.setRole(fromId, 'member')
  const [merchantId] = path
  if (merchantId !== undefined) await dropWaiting(call, { merchantId, groupId: group.groupId })
  return {}
})
const writer = serveEndpoint(writerOf, async (call) => {
  const { groupId, seq } = call.params
  const { senderId, as, at } = await call.readMessage(groupId, seq)
  const name = senderId === '' ? '' : ((await call.findUser(senderId as UserId))?.name ?? senderId)
  return { userId: senderId, name, as: as ?? null, at }
})
const ofGroup = serveEndpoint(merchantOfGroup, async (call) => {
  const { merchantPath } = (await call.group(call.params.groupId)).row
  const merchantId = merchantPath?.[0]
  if (merchantId === undefined) return { merchant: null }
  const { name, suspendedAt } = await knownMerchant(call, merchantId)
  return { merchant: { merchantId, name, suspended: suspendedAt !== null } }
})

export default defineFeature({
  name: 'merchant',
  migrations,
  records: [merchantStaff],
  endpoints: [put, list, suspend, end, staff, hire, letGo, give, writer, ofGroup, ...staffEndpoints],
  reactions: groupReactions,
})
