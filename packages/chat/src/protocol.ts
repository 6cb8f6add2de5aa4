/** The version of the wire and why it changed; the fingerprint of all contracts makes a silent change impossible. */
import { createHash } from 'node:crypto'
import * as wire from '@qun/contract'
import { cards, endpoints, records } from './contract.ts'

/**
 * Rises with every change of a contract. One line of history each:
 * 1 Messages, membership, invitations and lucky draws.
 * 2 The plays: red packets, coupons, products, polls, relay lists, check-ins, group buys, flash sales, buyer
 * shows; points, levels, orders, payments; people under age; draws whose winners claim, are drawn again, and whose
 * chances are recorded; coupons for some.
 * 3 Draws tell which public randomness is offered, and that they wait for it; budgets of every currency are set in one
 * place, and packets, coupons and draws name campaigns; offers tell how many people they are for, not who; orders of a
 * relay list are made in the chat, and listed for the host; packets give coupons, which a stock sets aside; shows
 * have pictures uploaded for them.
 * 4 What does not fit into the frame of a snapshot comes before it, as `part`; over HTTP it says that there is more.
 * 5 What takes a file says how large it may be, and of which types; what is sent is as before.
 * 6 Merchants: cards say whose value they give, groups whose they are, staff what they may do; coupons stack by the
 * host’s list, and every one names the most it takes off; a photo proves one check-in; numbers have the ranges of their
 * columns, names and titles one rule, pictures the origins a host lists; keys are listed and taken back.
 * 7 A merchant ends for good, and says so; a suspended one gives nothing by the host’s own calls either; an order that
 * ended takes no coupon; a chance in a draw names the order that gave it, and goes back with it; flash sales and group
 * buys name campaigns, count against budgets, and say when they ended as void; products say that they left; offers of
 * coupons say whose they are and whom to ask; what a void sale held says so when it goes back; orders of a relay list
 * name whose it is, and no amount; an order that cannot use all it was priced with says what is missing, and what the
 * books do not let go back of a grant says why; actions say which
 * ability they need beside the role, and the host posts in its own name.
 */
export const PROTOCOL_VERSION = 7

/** All that is on the wire, as plain JSON: schemas, routes, roles, codes. Texts for people are left out. */
export function describeWire(): unknown {
  return {
    frames: Object.fromEntries(
      Object.entries(wire).filter(([name, value]) => name.endsWith('Frame') && isSchema(value)),
    ),
    rows: wire.RowSchema,
    core: Object.values(wire.engineEndpoints).map(describeEndpoint),
    codes: describeCodes(wire.coreRefusals),
    cards: cards.map(({ kind, post, gives, body, state, mine, actions, facts, refusals, countable }) => ({
      kind,
      post,
      gives: typeof gives === 'function' ? 'as its body says' : gives,
      body,
      state,
      mine,
      actions,
      facts,
      countable,
      codes: describeCodes(refusals),
    })),
    endpoints: endpoints.map(describeEndpoint),
    records: records.map(({ kind, stream, body }) => ({ kind, stream, body })),
  }
}
function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
const ofEndpoint = [
  'name',
  'method',
  'path',
  'by',
  'orHost',
  'ability',
  'params',
  'query',
  'body',
  'answer',
  'status',
  'errors',
  'commerce',
  'facts',
] as const
function describeEndpoint(endpoint: wire.Endpoint<any, any, any, any>) {
  return {
    ...Object.fromEntries(ofEndpoint.map((name) => [name, endpoint[name]])),
    codes: describeCodes(endpoint.refusals ?? {}),
  }
}
function describeCodes(refusals: wire.RefusalKinds) {
  return Object.entries(refusals).map(([code, { status, retry }]) => ({ code, status, retry }))
}

const wordsForPeople = new Set(['doc', 'description', 'title'])
/** JSON whose object keys are sorted and whose prose is left out: equal wires give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    // A property of a schema may well be called `title`; prose is always a string.
    const kept = Object.entries(part).filter(([key, inner]) => !(wordsForPeople.has(key) && typeof inner === 'string'))
    return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
/** SHA-256 of the wire, hex. */
export function fingerprint(): string {
  return createHash('sha256').update(canonicalJson(describeWire())).digest('hex')
}
