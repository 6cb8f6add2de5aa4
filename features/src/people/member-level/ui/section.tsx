/** Levels and honours on the group page: the viewer's own, last week's, and the way to the rest. */
import type { AnswerOf, GroupId } from '@qun/contract'
import { PageRow, Sheet, useOpen, useQun, useText, type GroupSectionProps } from '@qun/ui'
import { lazy, Suspense, useEffect, useState } from 'react'
import { honoursOf, levelTitles, myLevel } from '../contract.ts'
import { HonourList } from './card.tsx'
import { LevelChip, shownIn } from './marks.tsx'
import { levelTexts, nextText, pointsText, todayText } from './texts.ts'

/** Loaded when somebody first opens them. */
const Board = lazy(async () => ({ default: (await import('./board.tsx')).Board }))
const Past = lazy(async () => ({ default: (await import('./board.tsx')).PastHonours }))

export function LevelSection({ group, view }: GroupSectionProps) {
  const { client } = useQun()
  const text = useText()
  const board = useOpen()
  const past = useOpen()
  const [mine, setMine] = useState<AnswerOf<typeof myLevel>>()
  const [honours, setHonours] = useState<AnswerOf<typeof honoursOf>['honours']>([])
  const groupId = group.groupId as GroupId
  const shown = shownIn(view)
  const weekAt = shown?.weekAt
  useEffect(() => {
    const params = { groupId }
    // Without an answer the section shows what the group's records say.
    client.call(myLevel, { params }).then(setMine, () => undefined)
    // When somebody's level moved it is time to look again; not at every message.
  }, [client, groupId, shown])
  useEffect(() => {
    const params = { groupId }
    client.call(honoursOf, { params, query: { limit: 6 } }).then(
      (page) => setHonours(page.honours.filter((one) => one.weekAt === page.honours[0]?.weekAt)),
      () => undefined,
    )
  }, [client, groupId, weekAt])
  return (
    <>
      {mine?.level !== undefined && <Own mine={mine} />}
      {honours.length > 0 && (
        <div className="qun-levels__latest">
          <h3 className="qun-levels__head">{text(levelTexts.latest)}</h3>
          <HonourList honours={honours} members={view.members} />
        </div>
      )}
      <PageRow label={text(levelTexts.board)} onClick={board.show} />
      <PageRow label={text(levelTexts.past)} onClick={past.show} />
      <Sheet open={board.open} onClose={board.hide} title={levelTexts.board}>
        <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
          {board.open && <Board groupId={groupId} view={view} />}
        </Suspense>
      </Sheet>
      <Sheet open={past.open} onClose={past.hide} title={levelTexts.past}>
        <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
          {past.open && <Past groupId={groupId} view={view} />}
        </Suspense>
      </Sheet>
    </>
  )
}

function Own({ mine }: { readonly mine: AnswerOf<typeof myLevel> }) {
  const text = useText()
  const { level, points, levelAt, nextAt, todayPoints, todayMax } = mine
  const next = levelTitles[level]
  const share = nextAt === null ? 1 : (points - levelAt) / (nextAt - levelAt)
  const label = nextAt === null || next === undefined ? levelTexts.top : nextText(nextAt - points, text(next))
  return (
    <div className="qun-levels__own">
      <p className="qun-levels__line">
        <LevelChip level={level} />
        <strong className="qun-levels__points">{text(pointsText(points))}</strong>
        <span className="qun-levels__today">{text(todayText(todayPoints, todayMax))}</span>
      </p>
      <div
        className="qun-levels__bar"
        role="meter"
        aria-label={text(label)}
        aria-valuemin={levelAt}
        aria-valuemax={nextAt ?? points}
        aria-valuenow={points}
      >
        <span style={{ inlineSize: `${Math.round(100 * Math.min(1, Math.max(0, share)))}%` }} />
      </div>
      <p className="qun-levels__hint">{text(label)}</p>
      <p className="qun-levels__hint">{text(levelTexts.how)}</p>
    </div>
  )
}
