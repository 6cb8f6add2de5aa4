/** The form in the plus menu: which order, how one likes it, own pictures of the group. */
import type { BodyOf } from '@qun/contract'
import {
  ComposeForm,
  FormChoice,
  FormField,
  formFaults,
  FormText,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useEffect, useState } from 'react'
import { ordersToShow, picturesMax, type buyerShow, type MyOrder } from '../contract.ts'
import { StarIcon } from './icons.tsx'
import { pictureText, showTexts, starsText } from './texts.ts'

interface Draft {
  readonly orderId: string
  readonly text: string
  readonly stars: number
  readonly pictures: readonly { readonly seq: number; readonly mediaId: string }[]
}
const picturesOffered = 9
const emptyDraft: Draft = { orderId: '', text: '', stars: 5, pictures: [] }
const faultsOf = (draft: Draft): FormFaults => (draft.text.trim() === '' ? { text: formFaults.required } : {})
const bodyOf = ({ text, stars, orderId, pictures }: Draft): BodyOf<typeof buyerShow> => ({
  text: text.trim(),
  stars,
  ...(orderId !== '' && { orderId }),
  ...(pictures.length > 0 && { pictures: [...pictures] }),
})

export function BuyerShowForm({ group, submit }: ComposeProps<typeof buyerShow>) {
  const text = useText()
  const orders = useOrders()
  const choices = [
    { value: '', label: text(showTexts.noOrder) },
    ...orders.map(({ orderId, items }) => ({ value: orderId, label: items[0]?.title ?? orderId })),
  ]
  return (
    <ComposeForm {...{ faultsOf, bodyOf, submit }} first={emptyDraft} publish={showTexts.publish}>
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
          <OwnPictures group={group} chosen={draft.pictures} onChange={(pictures) => change({ pictures })} />
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

interface OwnPicturesProps {
  readonly group: ComposeProps<typeof buyerShow>['group']
  readonly chosen: Draft['pictures']
  readonly onChange: (pictures: Draft['pictures']) => void
}
function OwnPictures({ group, chosen, onChange }: OwnPicturesProps) {
  const { talk, viewerId } = useQun()
  const text = useText()
  const Picture = talk?.Picture
  const own = group
    .get()
    .messages.filter((message) => message.kind === 'image' && message.senderId === viewerId && message.body !== null)
    .slice(-picturesOffered)
    .map((message) => ({ seq: message.seq, mediaId: (message.body as { mediaId: string }).mediaId }))
  const toggle = (picture: Draft['pictures'][number], isChosen: boolean) =>
    onChange(isChosen ? chosen.filter((one) => one.mediaId !== picture.mediaId) : [...chosen, picture])
  return (
    <FormField label={text(showTexts.pictures)} hint={text(showTexts.picturesHint)}>
      {({ id }) => (
        <div id={id} className="qun-show__own">
          {Picture !== undefined &&
            own.map((picture, at) => {
              const isChosen = chosen.some((one) => one.mediaId === picture.mediaId)
              return (
                <button
                  key={picture.mediaId}
                  type="button"
                  aria-pressed={isChosen}
                  aria-label={text(pictureText(at + 1))}
                  disabled={!isChosen && chosen.length >= picturesMax}
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
