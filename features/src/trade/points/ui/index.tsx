/** The faces of points: the line on the group page that opens the wallet. */
import { defineGroupSection } from '@qun/ui'
import './points.css'
import { PointsSection } from './section.tsx'

export const sections = [defineGroupSection({ name: 'points', order: 315, Section: PointsSection })]
