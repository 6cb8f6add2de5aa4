/** The faces of plain messages, and how the composer speaks them. */
import { defineCardUI, type Talk } from '@qun/ui'
import { imageMessage, systemLine, textMessage } from '../contract.ts'
import { ImageFace } from './image-face.tsx'
import './message.css'
import { Picture } from './picture.tsx'
import { SystemFace } from './system-face.tsx'
import { talk as messageTalk } from './talk.ts'
import { messageTexts } from './texts.ts'
import { TextFace } from './text-face.tsx'

export default [
  defineCardUI(textMessage, { Card: TextFace, plain: true, label: messageTexts.text }),
  defineCardUI(imageMessage, { Card: ImageFace, plain: true, label: messageTexts.image }),
  defineCardUI(systemLine, {
    Card: SystemFace,
    plain: 'system',
    fold: (body) =>
      body.what === 'joined' ? { names: body.people.map((person) => person.name), count: body.count } : undefined,
  }),
]
export const talk: Talk = { ...messageTalk, Picture }
