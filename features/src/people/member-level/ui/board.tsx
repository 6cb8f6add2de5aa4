/** The members by points, and the honours of past weeks, page by page. */
import type { AnswerOf, GroupId } from '@qun/contract'
import type { GroupView } from '@qun/sdk'
import { Avatar, countedPage, MoreBelow, usePages, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { honoursOf, levelsOf } from '../contract.ts'
import { HonourList, weekName } from './card.tsx'
import { LevelChip } from './marks.tsx'
import { levelTexts, pointsText, weekText } from './texts.ts'

interface Props {
  readonly groupId: GroupId
  readonly view: GroupView
}
const pageSize = 30

export function Board({ groupId, view }: Props) {
  const { client, viewerId } = useQun()
  const text = useText()
  const pages = usePages(groupId, async (cursor) => {
    const after = Number(cursor ?? 0)
    const { members, more } = await client.call(levelsOf, { params: { groupId }, query: { after, limit: pageSize } })
    return countedPage(members, after, more)
  })
  if (pages.done && pages.items.length === 0) return <p className="qun-section__note">{text(levelTexts.nobody)}</p>
  return (
    <>
      <ol className="qun-board">
        {pages.items.map(({ rank, userId, name, level, points }) => (
          <li key={userId} className={userId === viewerId ? 'qun-board__row qun-board__row--own' : 'qun-board__row'}>
            <span className="qun-board__rank">{rank}</span>
            <Avatar name={name} avatar={view.members.get(userId)?.avatar ?? ''} sizePx={36} />
            <bdi className="qun-board__name">{name}</bdi>
            <LevelChip level={level} />
            <span className="qun-board__points">{text(pointsText(points))}</span>
          </li>
        ))}
      </ol>
      <MoreBelow pages={pages} />
    </>
  )
}

export function PastHonours({ groupId, view }: Props) {
  const { client, locale } = useQun()
  const text = useText()
  const [honours, setHonours] = useState<AnswerOf<typeof honoursOf>['honours']>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    client.call(honoursOf, { params: { groupId }, query: { limit: 60 } }).then(
      (page) => setHonours(page.honours),
      () => setFailed(true),
    )
  }, [client, groupId])
  if (failed) return <p className="qun-section__note">{text(levelTexts.failed)}</p>
  if (honours === undefined) return <span className="qun-spinner" aria-hidden="true" />
  if (honours.length === 0) return <p className="qun-section__note">{text(levelTexts.none)}</p>
  return [...new Set(honours.map((one) => one.weekAt))].map((weekAt) => (
    <section key={weekAt} className="qun-levels__week">
      <h3 className="qun-levels__head">{text(weekText(...weekName(weekAt, locale)))}</h3>
      <HonourList honours={honours.filter((one) => one.weekAt === weekAt)} members={view.members} />
    </section>
  ))
}
