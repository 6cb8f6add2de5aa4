/** The plus menu: pictures, and the form of every card that the viewer may post, and give. */
import { useRef, useState } from 'react'
import type { AnyCardUI } from '../card-ui.ts'
import { mayGive, mayPost, useChat } from '../chat-context.tsx'
import { ImageIcon, PlusIcon } from '../parts/icons.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { useReadable } from '../parts/readable.ts'
import { useQun, useText, useWords } from '../qun-context.ts'
import { texts } from '../texts.ts'

export interface PlusSheetProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly sendPictures: ((files: readonly File[]) => void) | undefined
  readonly onSent: () => void
}
/** Of cards that the viewer may post, and give, in this group. */
function useForms(): AnyCardUI[] {
  const { cards, client } = useQun()
  const { view, viewer } = useChat()
  const records = useReadable(client.records)
  return [...cards.values()].filter(
    (ui) =>
      ui.Compose &&
      ui.menu !== false &&
      mayPost(viewer.role, ui.card.post.by) &&
      mayGive(ui.card.gives, view.group?.merchantPath, records),
  )
}
export function PlusSheet({ open, onClose, sendPictures, onSent }: PlusSheetProps) {
  const { group } = useChat()
  const text = useText()
  const words = useWords()
  const [form, setForm] = useState<AnyCardUI>()
  const files = useRef<HTMLInputElement>(null)
  const forms = useForms()
  const Compose = form?.Compose
  return (
    <>
      <Sheet open={open} onClose={onClose} title={texts['compose.plusTitle']}>
        <div className="qun-plus">
          {sendPictures && (
            <button type="button" className="qun-plus__one" onClick={() => files.current?.click()}>
              <span className="qun-plus__icon">
                <ImageIcon size={28} />
              </span>
              {words('compose.image')}
            </button>
          )}
          {forms.map((ui) => (
            <button
              key={ui.card.kind}
              type="button"
              className="qun-plus__one"
              onClick={() => {
                setForm(ui)
                onClose()
              }}
            >
              <span className="qun-plus__icon">{ui.icon ?? <PlusIcon size={28} />}</span>
              {ui.label ? text(ui.label) : ui.card.kind}
            </button>
          ))}
        </div>
      </Sheet>
      <input
        ref={files}
        className="qun-hidden"
        type="file"
        accept="image/jpeg,image/png,image/webp,image/gif"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        onChange={(change) => {
          const chosen = [...(change.target.files ?? [])]
          change.target.value = ''
          onClose()
          if (chosen.length > 0) sendPictures?.(chosen)
        }}
      />
      <Sheet open={form !== undefined} onClose={() => setForm(undefined)} title={form?.label ?? form?.card.kind ?? ''}>
        {form && Compose && (
          <Compose
            group={group}
            close={() => setForm(undefined)}
            submit={async (body) => {
              await group.send(form.card, body)
              setForm(undefined)
              onSent()
            }}
          />
        )}
      </Sheet>
    </>
  )
}
