/** Opens pictures over the whole window: pinch, swipe between, close by pulling down. Loaded when first used. */
import type { BodyOf, Text } from '@qun/contract'
import type { QunClient, ViewMessage } from '@qun/sdk'
import type { imageMessage } from '../contract.ts'
import { loadFull } from './media.ts'
import { messageTexts } from './texts.ts'

export interface ViewerInput {
  readonly client: QunClient
  readonly groupId: string
  /** Messages of pictures, oldest first. */
  readonly pictures: readonly ViewMessage[]
  readonly startSeq: number
  /** Gets the focus back. */
  readonly from: HTMLElement
  readonly text: (text: Text) => string
}
export async function openViewer({ client, groupId, pictures, startSeq, from, text }: ViewerInput): Promise<void> {
  const [{ default: PhotoSwipe }] = await Promise.all([import('photoswipe'), import('photoswipe/style.css')])
  const bodies = pictures.map((message) => message.body as BodyOf<typeof imageMessage>)
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
  const viewer = new PhotoSwipe({
    // A slide without an address waits until its bytes came through the client.
    dataSource: bodies.map((body) => ({
      width: body.w,
      height: body.h,
      alt: body.alt ?? '',
      mediaId: body.mediaId,
      type: 'image',
    })),
    index: Math.max(
      0,
      pictures.findIndex((message) => message.seq === startSeq),
    ),
    bgOpacity: 1,
    showHideAnimationType: still ? 'none' : 'fade',
    closeTitle: text(messageTexts.close),
    zoomTitle: text(messageTexts.zoom),
    arrowPrevTitle: text(messageTexts.previous),
    arrowNextTitle: text(messageTexts.next),
    errorMsg: text(messageTexts.imageLost),
    returnFocus: false,
  })
  viewer.on('contentLoadImage', (loading) => {
    const { content } = loading
    const image = content.element
    if (!(image instanceof HTMLImageElement)) return
    loading.preventDefault()
    content.state = 'loading'
    image.alt = content.data.alt ?? ''
    loadFull(client, groupId, String(content.data['mediaId'])).then(
      (address) => {
        image.onload = () => content.onLoaded()
        image.src = address
      },
      () => content.onError(),
    )
  })
  viewer.on('destroy', () => from.focus())
  viewer.init()
}
