/** Sending pictures: upload with progress and a way out, then the message. */
import { useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { useChat } from './chat-context.tsx'
import { CloseIcon } from './icons.tsx'
import { problemText } from './problem.ts'
import { useQun, useWords } from './qun-context.ts'
import { texts } from './texts.ts'

/** Pictures chosen at once; more are left out. */
const picturesMax = 9

export interface Pictures {
  /** False when no feature can send pictures. */
  readonly possible: boolean
  send(files: readonly File[]): void
  readonly progress: ReactNode
}
/** Pictures go one after another, in the order they were chosen. */
export function usePictures(onSent: () => void): Pictures {
  const { client, talk, toast } = useQun()
  const { group } = useChat()
  const words = useWords()
  const [share, setShare] = useState<number>()
  const work = useRef<AbortController>(undefined)
  const send = async (files: readonly File[]) => {
    const pictures = files.filter((file) => file.type.startsWith('image/')).slice(0, picturesMax)
    if (pictures.length < files.length && pictures.length === 0) return toast(texts['compose.notImage'])
    const running = new AbortController()
    work.current = running
    try {
      for (const [index, picture] of pictures.entries()) {
        if (running.signal.aborted) return
        const show = (part: number) => setShare((index + part) / pictures.length)
        show(0)
        const writing = await talk?.writeImage?.(client, group, picture, show, running.signal)
        if (!writing || running.signal.aborted) return
        onSent()
        void group.send(writing.card, writing.body).catch(() => {})
      }
    } catch (error) {
      if (!running.signal.aborted) toast(problemText(error), 'danger')
    } finally {
      setShare(undefined)
    }
  }
  const percent = Math.round((share ?? 0) * 100)
  return {
    possible: talk?.writeImage !== undefined,
    send: (files) => void send(files),
    progress: share !== undefined && (
      <div className="qun-upload">
        <progress
          className="qun-upload__bar"
          max={100}
          value={percent}
          aria-label={words('compose.uploading', { n: percent })}
        />
        <span>{words('compose.uploading', { n: percent })}</span>
        <button
          type="button"
          className="qun-iconbutton"
          aria-label={words('compose.uploadCancel')}
          onClick={() => (work.current?.abort(), setShare(undefined))}
        >
          <CloseIcon size={18} />
        </button>
      </div>
    ),
  }
}
