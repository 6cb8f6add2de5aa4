/**
 * What a buyer must be told of an offer before they take part (E-22): one block for every play that sells or gives, so
 * that none leaves a line out: a missing one does not compile. Knows no play.
 */
import type { SheetProps } from '../parts/overlay-props.ts'
import { Sheet, useOpen } from '../parts/overlay.tsx'
import { instantText } from '../parts/time-text.ts'
import { useQun, useWords } from '../qun-context.ts'
import { CardLink, Fact, Facts } from './card-parts.tsx'

export interface Disclosed {
  /** Who offers: the merchant's name. */
  readonly organiser: string
  /** What is sold or given. */
  readonly offer: string
  /** How many there are. */
  readonly quantity: string
  /** What it costs, and the list price; of what is drawn, the chance. */
  readonly terms: string
  readonly from: number
  readonly until: number
  /** How many one person may have. */
  readonly limit: string
  /** How refunds go, or how it is redeemed. */
  readonly refunds: string
}
/** The lines that say nothing yet; a form or a test asks before a card is published. */
export function gapsIn(disclosed: Disclosed): (keyof Disclosed)[] {
  const names = Object.keys(disclosed) as (keyof Disclosed)[]
  return names.filter((name) => String(disclosed[name] ?? '').trim() === '')
}
export function Disclosure({ of }: { readonly of: Disclosed }) {
  const words = useWords()
  const { client, locale } = useQun()
  const reader = { now: client.serverNow(), locale }
  const line = (told: string) => (told.trim() === '' ? words('disclosure.untold') : told)
  return (
    <Facts>
      <Fact name={words('disclosure.organiser')}>{line(of.organiser)}</Fact>
      <Fact name={words('disclosure.offer')}>{line(of.offer)}</Fact>
      <Fact name={words('disclosure.quantity')}>{line(of.quantity)}</Fact>
      <Fact name={words('disclosure.terms')}>{line(of.terms)}</Fact>
      <Fact name={words('disclosure.time')}>
        {instantText(of.from, reader)} – {instantText(of.until, reader)}
      </Fact>
      <Fact name={words('disclosure.limit')}>{line(of.limit)}</Fact>
      <Fact name={words('disclosure.refunds')}>{line(of.refunds)}</Fact>
    </Facts>
  )
}
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
