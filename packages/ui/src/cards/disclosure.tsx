/**
 * What people must be told of an offer before they take part (E-22): one block for every play that sells, gives or
 * draws, so that none leaves a line out: a missing one does not compile. Knows no play.
 */
import type { ReactNode } from 'react'
import type { SheetProps } from '../parts/overlay-props.ts'
import { Sheet, useOpen } from '../parts/overlay.tsx'
import { instantText } from '../parts/time-text.ts'
import { useQun, useWords } from '../qun-context.ts'
import { CardLink, Fact, Facts } from './card-parts.tsx'

/** A span of time; an end that old cards do not tell is undefined. */
interface Lasting {
  readonly from: number | undefined
  readonly until: number | undefined
}
interface Told extends Lasting {
  /** Who offers: the merchant's name. */
  readonly organiser: string
  /** What is sold, given or drawn. */
  readonly offer: string
  /** How many there are. */
  readonly quantity: string
  /** How many one person may have, or how often they may take part. */
  readonly limit: string
}
export interface DisclosedSale extends Told {
  readonly what: 'sale'
  /** What it costs, and the list price. */
  readonly terms: string
  /** How refunds go. */
  readonly refunds: string
}
export interface DisclosedCoupon extends Told {
  readonly what: 'coupon'
  /** Who may claim, from which amount on, and what it goes together with. */
  readonly conditions: string
  /** What it may be used for. */
  readonly applies: string
  /** When it may be used. */
  readonly validity: string
  /** What becomes of it when the order is refunded. */
  readonly refunds: string
  /** Whether somebody else may use it. */
  readonly transfer: string
  readonly contact: string
}
export interface DisclosedDraw extends Told {
  readonly what: 'draw'
  /** How probable it is to win. */
  readonly chance: string
  readonly drawsAt: number | undefined
  /** Who may take part. */
  readonly conditions: string
  /** How and until when a prize is had, and what becomes of it else. */
  readonly redeem: string
  readonly contact: string
}
export type Disclosed = DisclosedSale | DisclosedCoupon | DisclosedDraw
type NameOf<D> = D extends Disclosed ? Exclude<keyof D, 'what'> : never
export type DisclosedName = NameOf<Disclosed>

/** The lines that say nothing yet; a form or a test asks before a card is published. */
export function gapsIn({ what: _, ...told }: Disclosed): DisclosedName[] {
  const lines = Object.entries(told) as [DisclosedName, string | number | undefined][]
  return lines.filter(([, line]) => String(line ?? '').trim() === '').map(([name]) => name)
}

/** Each line by its name; `time` stands for the span. */
type Line = Exclude<DisclosedName, 'from' | 'until'> | 'time'
const common = ['organiser', 'offer', 'quantity'] as const
/** In which order they stand. */
const order: Readonly<Record<Disclosed['what'], readonly Line[]>> = {
  sale: [...common, 'terms', 'time', 'limit', 'refunds'],
  coupon: [...common, 'conditions', 'applies', 'time', 'validity', 'limit', 'refunds', 'transfer', 'contact'],
  draw: [...common, 'chance', 'time', 'drawsAt', 'limit', 'conditions', 'redeem', 'contact'],
}
/** What a line is called where it is not as in a sale. */
const names = {
  sale: {},
  coupon: {
    offer: 'disclosure.coupon.offer',
    time: 'disclosure.coupon.time',
    limit: 'disclosure.coupon.limit',
    refunds: 'disclosure.coupon.refunds',
  },
  draw: { offer: 'disclosure.draw.offer', time: 'disclosure.draw.time', limit: 'disclosure.draw.limit' },
} as const satisfies Record<Disclosed['what'], Partial<Record<Line, string>>>

/** `more` are facts of the play's own, after what each must tell. */
export function Disclosure({ of, more }: { readonly of: Disclosed; readonly more?: ReactNode }) {
  const words = useWords()
  const { client, locale } = useQun()
  const reader = { now: client.serverNow(), locale }
  const when = (at: number | undefined) => (at === undefined ? '' : instantText(at, reader))
  const lines: Readonly<Partial<Record<Line, string>>> = {
    ...Object.fromEntries(Object.entries(of).filter(([, line]) => typeof line === 'string')),
    time: of.from === undefined || of.until === undefined ? '' : `${when(of.from)} – ${when(of.until)}`,
    ...(of.what === 'draw' && { drawsAt: when(of.drawsAt) }),
  }
  const told = (line = '') => (line.trim() === '' ? words('disclosure.untold') : line)
  return (
    <Facts>
      {order[of.what].map((name) => (
        <Fact key={name} name={words({ ...plain, ...names[of.what] }[name])}>
          {told(lines[name])}
        </Fact>
      ))}
      {more}
    </Facts>
  )
}
const plain = {
  organiser: 'disclosure.organiser',
  offer: 'disclosure.offer',
  quantity: 'disclosure.quantity',
  terms: 'disclosure.terms',
  time: 'disclosure.time',
  limit: 'disclosure.limit',
  refunds: 'disclosure.refunds',
  conditions: 'disclosure.conditions',
  applies: 'disclosure.applies',
  validity: 'disclosure.validity',
  transfer: 'disclosure.transfer',
  contact: 'disclosure.contact',
  chance: 'disclosure.chance',
  drawsAt: 'disclosure.drawsAt',
  redeem: 'disclosure.redeem',
} as const satisfies Record<Line, string>

/** The way to it from a card. */
export function RulesLink({ of, title }: { readonly of: Disclosed; readonly title?: SheetProps['title'] }) {
  const words = useWords()
  const sheet = useOpen()
  return (
    <>
      <CardLink onClick={sheet.show}>{words('disclosure.rules')}</CardLink>
      <Sheet open={sheet.open} onClose={sheet.hide} title={title ?? words('disclosure.rules')}>
        <Disclosure of={of} />
      </Sheet>
    </>
  )
}
