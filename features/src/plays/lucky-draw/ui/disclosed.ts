/** What people must be told of a draw (E-22), from its body: for the card, and for the form before it. */
import type { LocalText } from '@qun/contract'
import { moneyText, type DisclosedDraw } from '@qun/ui'
import type { DrawFace } from './face.ts'
import { chanceText, chancesText, onceText } from './texts-after.ts'
import { prizeQuantityText, unitsText } from './texts.ts'

type Body = DrawFace['body']
export interface Reader {
  readonly text: (words: LocalText) => string
  /** Of so many people the chance is told. */
  readonly entryCount: number
}
/** One from before there were rules says what it has. */
export function disclosedOf(body: Body, from: number, { text, entryCount }: Reader): DisclosedDraw {
  const { prizes, chances, organiser = '', conditions = '', method = '', contact = '' } = body
  const units = prizes.reduce((sum, prize) => sum + prize.quantity, 0)
  const isNamed = prizes.every((prize) => prize.name.trim() !== '')
  const lines = prizes.map(({ name, quantity, valueFen }) =>
    [name, text(prizeQuantityText(quantity)), ...(valueFen === undefined ? [] : [moneyText(valueFen)])].join(' '),
  )
  const limits = [onceText, ...(chances === undefined ? [] : [chancesText(chances.most, chances.how)])]
  return {
    what: 'draw',
    organiser,
    offer: isNamed ? lines.join(' · ') : '',
    quantity: text(unitsText(units)),
    chance: text(chanceText(units, entryCount, chances !== undefined)),
    from,
    until: body.closesAt,
    drawsAt: body.drawsAt,
    limit: limits.map(text).join(' · '),
    conditions,
    redeem: method,
    contact,
  }
}
