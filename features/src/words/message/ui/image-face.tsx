/** A picture in the conversation: its place is reserved before it loads, its preview blurs in, a tap opens it. */
import { Bubble, ImageIcon, useChatIfAny, useQun, useText, type CardFaceProps } from '@qun/ui'
import type { CSSProperties } from 'react'
import { imageMessage } from '../contract.ts'
import { openViewer } from './image-viewer.ts'
import { useMedia } from './media.ts'
import { QuoteBlock } from './quote-block.tsx'
import { messageTexts } from './texts.ts'

const widthMaxPx = 240
const heightMaxPx = 300
const sideMinPx = 96

/** The box of a picture in px. Very long ones are cut, very small ones are not blown up beyond the least side. */
export function boxOf(w: number, h: number): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, widthMaxPx / w, heightMaxPx / h)
  return {
    width: Math.max(sideMinPx, Math.round(w * scale)),
    height: Math.max(sideMinPx, Math.round(h * scale)),
  }
}
export function ImageFace({ body, state, message, group }: CardFaceProps<typeof imageMessage>) {
  const { client } = useQun()
  const chat = useChatIfAny()
  const text = useText()
  const media = useMedia(group.groupId, body.mediaId, 'thumb')
  const { width, height } = boxOf(body.w, body.h)
  const preview = state?.preview?.startsWith('data:image/') ? state.preview : undefined
  const style = { '--qun-picture-width': `${width}px`, '--qun-picture-ratio': `${width} / ${height}` } as CSSProperties
  const open = (button: HTMLElement) => {
    const pictures = (chat?.view.messages ?? [message]).filter(
      (one) => one.kind === imageMessage.kind && one.body !== null,
    )
    void openViewer({ client, groupId: group.groupId, pictures, startSeq: message.seq, from: button, text })
  }
  return (
    <>
      {body.quote && (
        <Bubble>
          <QuoteBlock seq={body.quote.seq} />
        </Bubble>
      )}
      <Bubble bare>
        <button
          type="button"
          className="qun-picture"
          style={style}
          aria-label={body.alt ? `${text(messageTexts.openImage)}: ${body.alt}` : text(messageTexts.openImage)}
          onClick={(click) => (media.failed ? media.retry() : open(click.currentTarget))}
        >
          {preview && <img className="qun-picture__preview" src={preview} alt="" draggable={false} />}
          {media.address && (
            <img
              className="qun-picture__image"
              src={media.address}
              alt={body.alt ?? ''}
              width={width}
              height={height}
              draggable={false}
            />
          )}
          {media.failed && (
            <span className="qun-picture__lost">
              <ImageIcon size={28} />
              {text(messageTexts.imageLost)}
              <span className="qun-picture__retry">{text(messageTexts.imageRetry)}</span>
            </span>
          )}
        </button>
      </Bubble>
    </>
  )
}
