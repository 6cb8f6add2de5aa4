/** The faces of levels and honours: the week's card, the part of the group page, the sign beside a name. */
import { CrownIcon, defineCardUI, defineGroupSection, defineNameMark } from '@qun/ui'
import { memberLevel } from '../contract.ts'
import { HonoursCard } from './card.tsx'
import { LevelMark } from './marks.tsx'
import './member-level.css'
import { LevelSection } from './section.tsx'
import { levelTexts } from './texts.ts'

export default [
  defineCardUI(memberLevel, {
    Card: HonoursCard,
    plain: 'system',
    icon: <CrownIcon />,
    label: levelTexts.kind,
    menu: false,
  }),
]
export const sections = [
  defineGroupSection({ name: 'member-level', title: levelTexts.section, order: 330, Section: LevelSection }),
]
export const nameMarks = [defineNameMark({ name: 'member-level', order: 100, Mark: LevelMark })]
