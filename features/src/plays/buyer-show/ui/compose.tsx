/** The form in the plus menu: which order, how one likes it, pictures from the phone or posted before. */
import type { BodyOf } from '@qun/contract'
import {
  ComposeForm,
  FormChoice,
  FormField,
  formFaults,
  FormPictures,
  FormText,
  pictureFaultOf,
  usePictures,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
  type Pictures,
} from '@qun/ui'
import { useEffect, useState } from 'react'
import { ordersToShow, picturesMax, type buyerShow, type MyOrder } from '../contract.ts'
import { StarIcon } from './icons.tsx'
import { pictureText, showTexts, starsText } from './texts.ts'

interface Draft {
  readonly orderId: string
  readonly text: string
  readonly stars: number
  /** Those posted before; what is uploaded here is no text that one could lose, and kept apart. */
  readonly posted: readonly { readonly seq: number; readonly mediaId: string }[]
}
const picturesOffered = 9
const emptyDraft: Draft = { orderId: '', text: '', stars: 5, posted: [] }
function faultsOf(draft: Draft, uploads: Pictures['list']): FormFaults {
  const photos = pictureFaultOf(uploads)
  return {
    ...(draft.text.trim() === '' && { text: formFaults.required }),
    ...(photos !== undefined && { photos }),
  }
}
function bodyOf({ text, stars, orderId, posted }: Draft, uploads: Pictures['list']): BodyOf<typeof buyerShow> {
  const fresh = uploads.flatMap(({ mediaId }) => (mediaId === undefined ? [] : [{ mediaId }]))
  const pictures = [...fresh, ...posted]
  return {
    text: text.trim(),
    stars,
    ...(orderId !== '' && { orderId }),
    ...(pictures.length > 0 && { pictures }),
  }
}

export function BuyerShowForm({ group, submit }: ComposeProps<typeof buyerShow>) {
  const text = useText()
  const orders = useOrders()
  const uploads = usePictures(group)
  const choices = [
    { value: '', label: text(showTexts.noOrder) },
    ...orders.map(({ orderId, items }) => ({ value: orderId, label: items[0]?.title ?? orderId })),
  ]
  return (
    <ComposeForm
      first={emptyDraft}
      faultsOf={(draft) => faultsOf(draft, uploads.list)}
      bodyOf={(draft) => bodyOf(draft, uploads.list)}
      submit={submit}
      publish={showTexts.publish}
    >
      {({ draft, change, faults }) => (
        <>
          <FormChoice
            label={text(showTexts.order)}
            value={draft.orderId}
            choices={choices}
            hint={text(showTexts.orderHint)}
            onChoose={(orderId) => change({ orderId })}
          />
          <Stars value={draft.stars} onChange={(stars) => change({ stars })} />
          <FormText
            long
            label={text(showTexts.text)}
            placeholder={text(showTexts.textHint)}
            value={draft.text}
            max={500}
            fault={faults['text']}
            onType={(typed) => change({ text: typed })}
          />
          <FormPictures
            label={text(showTexts.photos)}
            hint={text(showTexts.photosHint)}
            pictures={uploads}
            max={picturesMax - draft.posted.length}
            fault={faults['photos']}
          />
          <PostedPictures
            group={group}
            chosen={draft.posted}
            max={picturesMax - uploads.list.length}
            onChange={(posted) => change({ posted })}
          />
        </>
      )}
    </ComposeForm>
  )
}

function useOrders(): readonly MyOrder[] {
  const { client } = useQun()
  const [orders, setOrders] = useState<readonly MyOrder[]>([])
  useEffect(() => {
    let living = true
    // Without the list one can still show something, without a badge.
    client.call(ordersToShow, {}).then(
      (answer) => living && setOrders(answer.orders),
      () => undefined,
    )
    return () => {
      living = false
    }
  }, [client])
  return orders
}

function Stars({ value, onChange }: { readonly value: number; readonly onChange: (stars: number) => void }) {
  const text = useText()
  return (
    <div className="qun-formfield" role="radiogroup" aria-label={text(showTexts.stars)}>
      <span className="qun-formfield__label" aria-hidden>
        {text(showTexts.stars)}
      </span>
      <span className="qun-show__choose">
        {[1, 2, 3, 4, 5].map((star) => (
          <button
            key={star}
            type="button"
            role="radio"
            aria-checked={star === value}
            aria-label={text(starsText(star))}
            onClick={() => onChange(star)}
          >
            <StarIcon size={26} filled={star <= value} />
          </button>
        ))}
      </span>
    </div>
  )
}

interface PostedPicturesProps {
  readonly group: ComposeProps<typeof buyerShow>['group']
  readonly chosen: Draft['posted']
  readonly max: number
  readonly onChange: (posted: Draft['posted']) => void
}
/** Nothing for who posted none. */
function PostedPictures({ group, chosen, max, onChange }: PostedPicturesProps) {
  const { talk, viewerId } = useQun()
  const text = useText()
  const Picture = talk?.Picture
  const own = group
    .get()
    .messages.filter((message) => message.kind === 'image' && message.senderId === viewerId && message.body !== null)
    .slice(-picturesOffered)
    .map((message) => ({ seq: message.seq, mediaId: (message.body as { mediaId: string }).mediaId }))
  const toggle = (picture: Draft['posted'][number], isChosen: boolean) =>
    onChange(isChosen ? chosen.filter((one) => one.mediaId !== picture.mediaId) : [...chosen, picture])
  if (Picture === undefined || own.length === 0) return null
  return (
    <FormField label={text(showTexts.pictures)} hint={text(showTexts.picturesHint)}>
      {({ id }) => (
        <div id={id} className="qun-show__own">
          {own.map((picture, at) => {
            const isChosen = chosen.some((one) => one.mediaId === picture.mediaId)
            return (
              <button
                key={picture.mediaId}
                type="button"
                aria-pressed={isChosen}
                aria-label={text(pictureText(at + 1))}
                disabled={!isChosen && chosen.length >= max}
                onClick={() => toggle(picture, isChosen)}
              >
                <Picture groupId={group.groupId} mediaId={picture.mediaId} alt={text(showTexts.picture)} />
              </button>
            )
          })}
        </div>
      )}
    </FormField>
  )
}
