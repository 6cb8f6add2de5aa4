/** What a programme asks for before a day counts: words, one's own picture, or a place. */
import { FormText, PlayForm, formFaults, Sheet, useQun, useText } from '@qun/ui'
import { useState } from 'react'
import type { CheckInFace } from './face.ts'
import { checkInTexts } from './texts.ts'

interface ProofProps extends CheckInFace {
  readonly open: boolean
  readonly onClose: () => void
}
interface Proof {
  readonly text?: string
  readonly mediaId?: string
  readonly mediaSeq?: number
  readonly place?: { readonly lat: number; readonly lng: number }
}
const picturesOffered = 9

export function ProofSheet({ body, act, group, open, onClose }: ProofProps) {
  const text = useText()
  const [proof, setProof] = useState<Proof>({})
  const submit = async () => {
    await act('check', proof)
    setProof({})
    onClose()
  }
  const faultsOf = (given: Proof) => {
    if (body.proof === 'text') return (given.text ?? '').trim() === '' ? { proof: formFaults.required } : {}
    if (body.proof === 'photo') return given.mediaId === undefined ? { proof: checkInTexts.photoHint } : {}
    return given.place === undefined ? { proof: formFaults.required } : {}
  }
  return (
    <Sheet open={open} onClose={onClose} title={body.title}>
      <PlayForm draft={proof} faultsOf={faultsOf} onSubmit={submit} submitLabel={text(checkInTexts.submit)}>
        {(faults) =>
          body.proof === 'text' ? (
            <FormText
              long
              label={text(checkInTexts.words)}
              value={proof.text ?? ''}
              max={500}
              fault={faults['proof']}
              onType={(typed) => setProof({ text: typed })}
            />
          ) : body.proof === 'photo' ? (
            <OwnPictures group={group} chosen={proof.mediaId} onChoose={setProof} />
          ) : (
            <PlaceField chosen={proof.place !== undefined} onFound={(place) => setProof({ place })} />
          )
        }
      </PlayForm>
    </Sheet>
  )
}

interface PicturesProps {
  readonly group: CheckInFace['group']
  readonly chosen: string | undefined
  readonly onChoose: (picture: { readonly mediaId: string; readonly mediaSeq: number }) => void
}
function OwnPictures({ group, chosen, onChoose }: PicturesProps) {
  const { talk, viewerId } = useQun()
  const text = useText()
  const Picture = talk?.Picture
  const own = group
    .get()
    .messages.filter((one) => one.kind === 'image' && one.senderId === viewerId && one.body !== null)
    .slice(-picturesOffered)
    .map((one) => ({ mediaId: (one.body as { mediaId: string }).mediaId, mediaSeq: one.seq }))
  return (
    <div className="qun-formfield">
      <span className="qun-formfield__label">{text(checkInTexts.photo)}</span>
      {own.length === 0 && <span className="qun-formfield__hint">{text(checkInTexts.photoHint)}</span>}
      <div className="qun-checkin__own">
        {Picture !== undefined &&
          own.map(({ mediaId, mediaSeq }) => (
            <button
              key={mediaId}
              type="button"
              aria-pressed={mediaId === chosen}
              aria-label={text(checkInTexts.picture)}
              onClick={() => onChoose({ mediaId, mediaSeq })}
            >
              <Picture groupId={group.groupId} mediaId={mediaId} alt={text(checkInTexts.picture)} />
            </button>
          ))}
      </div>
    </div>
  )
}

interface PlaceProps {
  readonly chosen: boolean
  readonly onFound: (place: { readonly lat: number; readonly lng: number }) => void
}
function PlaceField({ chosen, onFound }: PlaceProps) {
  const { toast } = useQun()
  const text = useText()
  const find = () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => onFound({ lat: coords.latitude, lng: coords.longitude }),
      () => toast(checkInTexts.placeFailed, 'danger'),
    )
  return (
    <button
      type="button"
      className="qun-button qun-button--quiet qun-button--wide"
      aria-pressed={chosen}
      onClick={find}
    >
      <span className="qun-button__label">{text(checkInTexts.place)}</span>
    </button>
  )
}
