/** The face of a buyer show: words, stars, pictures, what was bought, and the badge when the order is real. */
import {
  CameraIcon,
  CardFrame,
  CheckIcon,
  MemberName,
  Sheet,
  problemText,
  useOpen,
  useQun,
  useText,
  type CardFaceProps,
} from '@qun/ui'
import { useState } from 'react'
import type { buyerShow } from '../contract.ts'
import { HeartIcon, StarIcon } from './icons.tsx'
import { likesText, pictureText, showTexts, starsText } from './texts.ts'

export type ShowFace = CardFaceProps<typeof buyerShow>
const starsMax = [1, 2, 3, 4, 5] as const

export function BuyerShowCard(props: ShowFace) {
  const { body, state, message, group } = props
  const text = useText()
  const starter = group.get().members.get(message.senderId)
  const item = state.items[0]
  return (
    <CardFrame
      icon={<CameraIcon size={16} />}
      kind={text(showTexts.kind)}
      {...(starter && { starter: <MemberName member={starter} /> })}
      foot={<Foot {...props} />}
    >
      {body.stars !== undefined && (
        <p className="qun-show__stars" role="img" aria-label={text(starsText(body.stars))}>
          {starsMax.map((star) => (
            <StarIcon key={star} size={18} filled={star <= (body.stars ?? 0)} />
          ))}
        </p>
      )}
      <p className="qun-show__text">{body.text}</p>
      {body.pictures !== undefined && body.pictures.length > 0 && <Pictures {...props} />}
      {(state.verified || item !== undefined) && (
        <p className="qun-show__bought">
          {state.verified && (
            <span className="qun-show__badge">
              <CheckIcon size={14} />
              {text(showTexts.verified)}
            </span>
          )}
          {item !== undefined && (
            <span className="qun-show__item">{state.items.map((one) => one.title).join('、')}</span>
          )}
        </p>
      )}
    </CardFrame>
  )
}

function Pictures({ body, group }: ShowFace) {
  const { talk } = useQun()
  const text = useText()
  const sheet = useOpen()
  const [chosen, setChosen] = useState<string>()
  const Picture = talk?.Picture
  if (Picture === undefined) return null
  const pictures = body.pictures ?? []
  return (
    <>
      <div className="qun-show__pictures" data-count={pictures.length}>
        {pictures.map(({ mediaId }, at) => (
          <button
            key={mediaId}
            type="button"
            aria-label={text(pictureText(at + 1))}
            onClick={() => {
              setChosen(mediaId)
              sheet.show()
            }}
          >
            <Picture groupId={group.groupId} mediaId={mediaId} alt={text(showTexts.picture)} />
          </button>
        ))}
      </div>
      <Sheet open={sheet.open} onClose={sheet.hide} title={text(showTexts.picture)}>
        {chosen !== undefined && (
          <div className="qun-show__full">
            <Picture groupId={group.groupId} mediaId={chosen} alt={text(showTexts.picture)} full />
          </div>
        )}
      </Sheet>
    </>
  )
}

function Foot({ state, mine, act }: ShowFace) {
  const { toast } = useQun()
  const text = useText()
  const liked = mine?.liked === true
  const toggle = () => act('like', { on: !liked }).catch((error: unknown) => toast(problemText(error), 'danger'))
  return (
    <button type="button" className="qun-show__like" aria-pressed={liked} onClick={() => void toggle()}>
      <HeartIcon size={18} filled={liked} />
      <span>{state.likeCount > 0 ? text(likesText(state.likeCount)) : text(showTexts.like)}</span>
    </button>
  )
}
