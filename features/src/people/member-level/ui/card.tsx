/** The honours of a week, as a centred card in the conversation. */
import type { BodyOf } from '@qun/contract'
import type { GroupView } from '@qun/sdk'
import { Avatar, CardFrame, CrownIcon, useText, type CardFaceProps } from '@qun/ui'
import { honourNames, type memberLevel } from '../contract.ts'
import { figureText, levelTexts, weekText } from './texts.ts'

type Body = BodyOf<typeof memberLevel>
const dayMs = 86_400_000

/** A week's first and last day, for the reader. */
export function weekName(weekAt: number, locale: string): readonly [string, string] {
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' })
  // The middle of a day is on the same date in every zone the group may be read in.
  return [day.format(weekAt + dayMs / 2), day.format(weekAt + 6.5 * dayMs)]
}
export function HonoursCard({ body, group, locale }: CardFaceProps<typeof memberLevel>) {
  const text = useText()
  const [from, to] = weekName(body.weekAt, locale)
  return (
    <div className="qun-honours__card">
      <CardFrame
        icon={<CrownIcon size={16} />}
        kind={text(levelTexts.kind)}
        starter={text(weekText(from, to))}
        foot={<span>{text(levelTexts.how)}</span>}
      >
        <HonourList honours={body.honours} members={group.get().members} />
      </CardFrame>
    </div>
  )
}
interface ListProps {
  readonly honours: readonly (Omit<Body['honours'][number], 'name'> & { readonly name?: string })[]
  readonly members: GroupView['members']
}
export function HonourList({ honours, members }: ListProps) {
  const text = useText()
  return (
    <ul className="qun-honours">
      {honours.map(({ honour, userId, figure, name }) => {
        const member = members.get(userId)
        const known = member?.name ?? name ?? userId
        return (
          <li key={honour} className="qun-honours__one">
            <Avatar name={known} avatar={member?.avatar ?? ''} sizePx={36} />
            <span className="qun-honours__words">
              <span className="qun-honours__who">
                <bdi className="qun-honours__name">{known}</bdi>
                <span className="qun-level qun-level--honour">{text(honourNames[honour])}</span>
              </span>
              <span className="qun-honours__figure">{text(figureText(honour, figure))}</span>
            </span>
          </li>
        )
      })}
    </ul>
  )
}
