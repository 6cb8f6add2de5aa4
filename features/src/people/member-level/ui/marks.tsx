/** What stands beside names: the honour of last week, else the level from 2 on. */
import type { RecordBodyOf } from '@qun/contract'
import type { GroupView } from '@qun/sdk'
import { useText } from '@qun/ui'
import { honourNames, levelTitles, shownLevels, type Honour } from '../contract.ts'
import { levelText } from './texts.ts'

type Shown = RecordBodyOf<typeof shownLevels>
export const shownIn = (view: GroupView): Shown | undefined =>
  view.records.get(`${shownLevels.kind}/all`)?.body as Shown | undefined

export function LevelChip({ level }: { readonly level: number }) {
  const text = useText()
  const title = levelTitles[level - 1]
  return (
    <span className={`qun-level qun-level--${level}`}>
      {text(levelText(level, title === undefined ? '' : text(title)))}
    </span>
  )
}
export function HonourChip({ honour }: { readonly honour: Honour }) {
  const text = useText()
  return <span className="qun-level qun-level--honour">{text(honourNames[honour])}</span>
}
/** One sign a name: more would be louder than the words. */
export function LevelMark({ userId, view }: { readonly userId: string; readonly view: GroupView }) {
  const shown = shownIn(view)
  if (shown === undefined) return null
  const honour = shown.honours.find((one) => one.userId === userId)?.honour
  if (honour !== undefined) return <HonourChip honour={honour} />
  const level = Object.hasOwn(shown.levels, userId) ? shown.levels[userId] : undefined
  return level === undefined ? null : <LevelChip level={level} />
}
