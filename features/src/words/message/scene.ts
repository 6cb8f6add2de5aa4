/** Calls of texts and pictures, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'
import sharp from 'sharp'

let picture: Promise<Uint8Array> | undefined
const background = { r: 120, g: 80, b: 40 }
const bytesOf = () =>
  (picture ??= sharp({ create: { width: 8, height: 6, channels: 3, background } })
    .png()
    .toBuffer())

export const scenes: Readonly<Record<string, Scene>> = {
  async message(stage) {
    const bytes = await bytesOf()
    const upload = { params: stage.inGroup, body: { bytes, contentType: 'image/png' } }
    const shown = await stage.call('media.upload', 'li', upload)
    const { mediaId, w, h } = shown
    const image = await stage.post('li', 'image', { mediaId, w, h })
    const text = await stage.post('li', 'text', { text: '今天的豆子很香' })
    return [
      { name: 'media.upload', who: 'li', ...upload },
      { name: 'text.edit', who: 'li', at: text, body: { text: '昨天的豆子很香', ifEdits: 0 } },
      { name: 'text.react', who: 'zhao', at: text, body: { emoji: '👍', on: true } },
      { name: 'image.react', who: 'zhao', at: image, body: { emoji: '👍', on: true } },
      { name: 'messages.recall', who: 'li', at: text },
      { name: 'messages.recall', who: 'li', at: image },
    ]
  },
}
