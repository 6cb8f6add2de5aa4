/** A picture on its way, as the bubble it will be: how far it is, a way out, and what to do when it failed. */
import { useState } from 'react'
import { useChat } from '../chat-context.tsx'
import { CloseIcon } from '../parts/icons.tsx'
import { Bubble } from '../cards/message-face.tsx'
import { FailedMenu } from './failed-menu.tsx'
import { RowFrame } from './message-row.tsx'
import { useQun, useText, useWords } from '../qun-context.ts'
import { useReadable } from '../parts/readable.ts'
import type { Upload } from '../chat-context.tsx'

export function UploadItem({ upload, first }: { readonly upload: Upload; readonly first: boolean }) {
  const { viewerId } = useQun()
  const { uploads } = useChat()
  const words = useWords()
  const text = useText()
  const [anchor, setAnchor] = useState<HTMLElement>()
  return (
    <RowFrame own first={first} last plain senderId={viewerId}>
      <div className="qun-row__line">
        <div className="qun-row__box">
          <Bubble bare>
            <div className="qun-upload">
              <img className="qun-upload__picture" src={upload.address} alt={upload.file.name} draggable={false} />
              {upload.problem === undefined && <Progress upload={upload} cancel={() => uploads.cancel(upload.id)} />}
            </div>
          </Bubble>
        </div>
        {upload.problem !== undefined && (
          <button
            type="button"
            className="qun-row__failed"
            aria-label={words('message.failedMenu')}
            aria-haspopup="menu"
            onClick={(click) => setAnchor(click.currentTarget)}
          >
            <span aria-hidden="true">!</span>
          </button>
        )}
      </div>
      {upload.problem !== undefined && <p className="qun-row__problem">{text(upload.problem)}</p>}
      <FailedMenu
        anchor={anchor}
        onClose={() => setAnchor(undefined)}
        resend={() => uploads.retry(upload.id)}
        discard={() => uploads.cancel(upload.id)}
      />
    </RowFrame>
  )
}
function Progress({ upload, cancel }: { readonly upload: Upload; readonly cancel: () => void }) {
  const words = useWords()
  const percent = Math.round(useReadable(upload.share) * 100)
  return (
    <div className="qun-upload__veil">
      <button type="button" className="qun-upload__cancel" aria-label={words('compose.uploadCancel')} onClick={cancel}>
        <CloseIcon size={20} />
      </button>
      <progress
        className="qun-upload__bar"
        max={100}
        value={percent}
        aria-label={words('compose.uploading', { n: percent })}
      />
    </div>
  )
}
