/** Which products, prices and addresses are allowed, and what members see of them: pure functions. */
import {
  stockToldMax,
  type CatalogueProduct,
  type LiveProduct,
  type OfferableProduct,
  type ProductInput,
  type productRefusals,
} from './contract.ts'

/** Text of the host as people may see it: plain, one line, at most `max` characters. */
export function plainText(text: string, max: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  const letters = Array.from(line)
  return letters.length <= max ? line : `${letters.slice(0, max - 1).join('')}…`
}

// ── addresses ──
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
/** [PD6] Blanks, control characters and backslashes are read differently by different browsers. */
const doubtful = /[\s\p{Cc}\p{Cf}\\]/u
function readAddress(address: string): URL | undefined {
  if (doubtful.test(address)) return undefined
  const url = URL.parse(address)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined
}
/** [PD6] https, a path of the host's own pages, or plain http of the developer's own machine. */
export function isAllowedAddress(address: string): boolean {
  if (address.startsWith('/')) return !address.startsWith('//') && !doubtful.test(address)
  const url = readAddress(address)
  return url !== undefined && (url.protocol === 'https:' || loopback.test(url.hostname))
}
/** Marks of campaigns; they do not say which product it is. */
const campaign = /^(?:utm_\w+|spm|scm)$/
/** [PD8] The same for addresses that lead to the same place; undefined for what is no web address. */
export function linkKeyOf(address: string): string | undefined {
  const url = readAddress(address.trim())
  if (url === undefined) return undefined
  for (const name of [...url.searchParams.keys()]) if (campaign.test(name)) url.searchParams.delete(name)
  return url.href
}
/** [PD8] An address that is safe to follow, and whose it is. */
export function safeLinkOf(address: string): { href: string; host: string } | null {
  const url = readAddress(address.trim())
  return url === undefined ? null : { href: url.href, host: url.host }
}

const place = '{productId}'
/** A pattern begins with an origin and has its one place after it. */
export function isLinkPattern(pattern: string): boolean {
  if (pattern.split(place).length !== 2) return false
  const url = readAddress(pattern.replace(place, 'x'))
  if (url === undefined || !(url.protocol === 'https:' || loopback.test(url.hostname))) return false
  return pattern.indexOf(place) > url.origin.length
}
/** [PD8] The id a link names by one of the patterns. */
export function productIdIn(address: string, patterns: readonly string[]): string | undefined {
  const href = linkKeyOf(address)
  if (href === undefined) return undefined
  for (const pattern of patterns) {
    const [before = '', after = ''] = pattern.split(place)
    if (!href.startsWith(before)) continue
    const id = /^[^/?#&]+/.exec(href.slice(before.length))?.[0]
    if (id === undefined || !href.slice(before.length + id.length).startsWith(after)) continue
    try {
      return decodeURIComponent(id)
    } catch {
      // Broken escapes name nothing.
    }
  }
  return undefined
}

// ── the catalogue ──
/** The code with which a product is refused, if it is. */
export function inputFault(input: ProductInput): 'card.url_scheme' | 'product.price_invalid' | undefined {
  if (!isAllowedAddress(input.url)) return 'card.url_scheme'
  if (input.image !== undefined && !isAllowedAddress(input.image)) return 'card.url_scheme'
  if ((input.originalPriceFen ?? input.priceFen) < input.priceFen) return 'product.price_invalid'
  if ((input.groupPriceFen ?? input.priceFen) > input.priceFen) return 'product.price_invalid'
  return (input.floorFen ?? 0) > input.priceFen ? 'product.price_invalid' : undefined // [MER4]
}
export type Stored = Omit<CatalogueProduct, 'updatedAt'>
/** What is kept of a product; a title of nothing but blanks becomes its id. */
export function storedOf(productId: string, input: ProductInput): Stored {
  const { title, state = 'on', stock = null, categories = [], ...rest } = input
  const plain = plainText(title, 80)
  const kept = categories.map((one) => plainText(one, 40)).filter((one) => one !== '')
  return { ...rest, productId, title: plain === '' ? productId : plain, state, stock, categories: kept }
}
/** [PD1] [PD9] What members see; a list price or a group's price that changes nothing is left out. */
export function liveOf(stored: Stored): LiveProduct {
  const { productId, title, image, priceFen, originalPriceFen, groupPriceFen, stock, url, state } = stored
  return {
    productId,
    title,
    ...(image === undefined ? {} : { image }),
    priceFen,
    ...(originalPriceFen === undefined || originalPriceFen <= priceFen ? {} : { originalPriceFen }),
    ...(groupPriceFen === undefined || groupPriceFen >= priceFen ? {} : { groupPriceFen }),
    stock: stock === null ? null : Math.min(stock, stockToldMax),
    url,
    state,
  }
}
/** Whether members see the same of both. */
export function looksAlike(a: Stored, b: Stored): boolean {
  return JSON.stringify(liveOf(a)) === JSON.stringify(liveOf(b))
}

/** [MER6] Whether a product is no longer where it was sold: it was removed, or is another merchant's now. */
export function hasLeft(
  was: Pick<Stored, 'state' | 'merchantId'> | undefined,
  now: Pick<Stored, 'state' | 'merchantId'>,
): boolean {
  if (was === undefined || was.state === 'gone') return false
  return now.state === 'gone' || now.merchantId !== was.merchantId
}

// ── offers ──
/** What a card says of the product it offers. */
export interface OfferTerms {
  readonly productId: string
  /** The lowest at which a piece may go. */
  readonly priceFen: number
  readonly pieces: number
  /** The list price and the merchant the card names; whoever wrote them, they are the catalogue's. */
  readonly listFen: number | undefined
  readonly merchantId: string | undefined
}
/** Where it is offered, and whether by the host's own key. */
export interface OfferPlace {
  /** Of the group's merchant and those it belongs to; null of a friends' group. */
  readonly path: readonly string[] | null
  readonly isHost: boolean
}
type Sold = Pick<Stored, 'merchantId' | 'state' | 'priceFen' | 'floorFen' | 'stock'>
/**
 * [MER4] The code with which an offer is refused, if it is. The list price is what the product costs in the shop; the
 * host alone sells below it where it told no floor, and nobody below a floor.
 */
export function offerFault(
  product: Sold | undefined,
  terms: OfferTerms,
  { path, isHost }: OfferPlace,
): keyof typeof productRefusals | undefined {
  if (product === undefined) return 'product.not_found'
  if (path?.includes(product.merchantId) !== true) return 'product.not_merchants'
  if (product.state !== 'on') return 'product.gone'
  if (terms.listFen !== product.priceFen) return 'card.price_mismatch'
  if (terms.merchantId !== product.merchantId) return 'product.changed_meanwhile'
  if (terms.priceFen < (product.floorFen ?? 0)) return 'product.below_floor'
  if (product.floorFen === undefined && !isHost && terms.priceFen < product.priceFen) return 'product.no_floor'
  return product.stock !== null && terms.pieces > product.stock ? 'product.stock_exceeded' : undefined
}
/** What staff who may offer it see of a product. */
export function offerableOf(stored: Stored): OfferableProduct {
  return { ...liveOf(stored), stock: stored.stock, floorFen: stored.floorFen ?? null }
}

// ── what a card shows ──
export interface Offer {
  readonly priceFen: number
  /** [PD4] The price that no longer holds, struck through. */
  readonly struckFen?: number
  readonly groupPriceFen?: number
}
/** [PD4] A price that changed since the card was posted is struck; else the host's list price. */
export function offerOf(live: LiveProduct, sharedFen?: number): Offer {
  const struckFen = sharedFen !== undefined && sharedFen !== live.priceFen ? sharedFen : live.originalPriceFen
  return {
    priceFen: live.priceFen,
    ...(struckFen === undefined ? {} : { struckFen }),
    ...(live.groupPriceFen === undefined ? {} : { groupPriceFen: live.groupPriceFen }),
  }
}
/** Stock at which a card says how few are left. */
export const lowStock = 10
export type Availability = 'on' | 'low' | 'sold-out' | 'gone'
/** [PD5] What is off is gone for members. */
export function availabilityOf(live: LiveProduct): Availability {
  if (live.state !== 'on') return 'gone'
  if (live.stock === 0) return 'sold-out'
  return live.stock !== null && live.stock <= lowStock ? 'low' : 'on'
}
