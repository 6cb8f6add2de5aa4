/** Pictures chosen in a form: uploaded while one writes on, each with its progress, a way out and a second try. */
import type { LocalText } from '@qun/contract'
import type { GroupHandle } from '@qun/sdk'
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { FormField } from './form-parts.tsx'
import { CameraIcon, CloseIcon, ImageIcon, PlusIcon, WarnIcon } from '../parts/icons.tsx'
import { problemOf, problemText } from '../parts/problem.ts'
import { useQun, useText, useWords } from '../qun-context.ts'
import { useReadable } from '../parts/readable.ts'
import { texts } from '../texts.ts'
import type { Upload } from '../chat-context.tsx'
import { jobOf, type Job } from '../compose/uploads.ts'

export interface Picture extends Upload {
  /** What the upload answered; absent until then. */
  readonly mediaId?: string
  /** False when the same picture would be refused again. */
  readonly canRetry?: boolean
}
type PictureJob = Picture & Job
export interface Pictures {
  readonly list: readonly Picture[]
  /** Starts to upload those that are pictures, at most `room` of them. */
  add(files: readonly File[], room: number): void
  /** Ends its upload if it is running, and forgets it. What was uploaded and never posted the server forgets itself. */
  remove(id: number): void
  retry(id: number): void
}
/** What a form says of pictures that it cannot post yet. */
export function pictureFaultOf(list: Pictures['list']): LocalText | undefined {
  if (list.some(({ problem }) => problem !== undefined)) return texts['form.pictureFailed']
  if (list.some(({ mediaId }) => mediaId === undefined)) return texts['form.pictureWaits']
  return undefined
}

/** The pictures of a form; leaving the form ends what is on its way. */
export function usePictures(group: GroupHandle): Pictures {
  const { client, talk, toast } = useQun()
  const [list, setList] = useState<readonly PictureJob[]>([])
  const lastId = useRef(0)
  const living = useRef(new Set<PictureJob>())
  useEffect(() => {
    const jobs = living.current
    return () => jobs.forEach(drop)
  }, [])
  const upload = async (job: PictureJob) => {
    const end = (patch: Partial<PictureJob>) =>
      job.abort.signal.aborted || setList((all) => all.map((one) => (one.id === job.id ? { ...one, ...patch } : one)))
    try {
      const taken = await talk?.uploadPicture?.(client, group, job.file, job.show, job.abort.signal)
      if (taken !== undefined) end({ mediaId: taken.mediaId })
    } catch (error) {
      end({ problem: problemText(error), canRetry: problemOf(error)?.retry !== 'after-change' })
    }
  }
  const actions = {
    add: (files: readonly File[], room: number) => {
      const pictures = files.filter((file) => file.type.startsWith('image/'))
      if (pictures.length < files.length) toast(texts['compose.notImage'])
      const jobs = pictures.slice(0, room).map((file) => jobOf(++lastId.current, file, client.serverNow()))
      jobs.forEach((job) => living.current.add(job))
      setList((all) => [...all, ...jobs])
      for (const job of jobs) void upload(job)
    },
    remove: (id: number) => {
      living.current.forEach((job) => job.id === id && living.current.delete(job) && drop(job))
      setList((all) => all.filter((one) => one.id !== id))
    },
    retry: (id: number) => {
      const job = list.find((one) => one.id === id)
      if (!job) return
      const { problem: _, ...again } = job
      again.show(0)
      setList((all) => all.map((one) => (one.id === id ? again : one)))
      void upload(again)
    },
  }
  // The actions see the list they were made with; they are made again when it changes.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => ({ list, ...actions }), [list])
}
function drop({ abort, address }: PictureJob): void {
  abort.abort()
  URL.revokeObjectURL(address)
}

export interface FormPicturesProps {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly pictures: Pictures
  /** How many there may be now. */
  readonly max: number
  readonly fault?: LocalText | undefined
}
/** Draws nothing where no feature can take pictures. */
export function FormPictures({ label, hint, pictures, max, fault }: FormPicturesProps) {
  const { talk, toast } = useQun()
  const words = useWords()
  const text = useText()
  if (talk?.uploadPicture === undefined) return null
  const room = max - pictures.list.length
  const pick = (files: readonly File[]) => {
    if (files.length > room) toast(words('form.pictureMax', { n: max }))
    pictures.add(files, room)
  }
  return (
    <FormField label={label} fault={fault} {...(hint !== undefined && { hint })}>
      {(marks) => (
        <>
          <div
            {...marks}
            className="qun-formpictures"
            role="group"
            aria-label={text(texts['compose.image'])}
            tabIndex={-1}
          >
            {pictures.list.map((picture, at) => (
              <OnePicture key={picture.id} picture={picture} place={at + 1} pictures={pictures} />
            ))}
            {room > 0 && (
              <>
                <PickTile
                  icon={<PlusIcon size={24} />}
                  label={words('form.pictureAdd')}
                  many={room > 1}
                  onPick={pick}
                />
                <PickTile icon={<CameraIcon size={24} />} label={words('form.pictureTake')} camera onPick={pick} />
              </>
            )}
          </div>
          {pictures.list.map(
            ({ id, problem }, at) =>
              problem !== undefined && (
                <span key={id} className="qun-formfield__fault" role="alert">
                  {words('form.pictureProblem', { n: at + 1, problem: text(problem) })}
                </span>
              ),
          )}
        </>
      )}
    </FormField>
  )
}

interface OnePictureProps {
  readonly picture: Picture
  readonly place: number
  readonly pictures: Pictures
}
function OnePicture({ picture, place, pictures }: OnePictureProps) {
  const words = useWords()
  const name = words('form.picture', { n: place })
  const { id, address, problem, mediaId, canRetry } = picture
  // A file that is no picture, whatever its name says; the server tells why.
  const [isDrawn, setDrawn] = useState(true)
  return (
    <div className="qun-formpictures__one">
      {isDrawn ? (
        <img src={address} alt={name} draggable={false} onError={() => setDrawn(false)} />
      ) : (
        <span className="qun-formpictures__blank" role="img" aria-label={name}>
          <ImageIcon size={24} />
        </span>
      )}
      {problem === undefined && mediaId === undefined && <Progress picture={picture} />}
      {problem !== undefined && canRetry !== true && (
        <span className="qun-formpictures__failed">
          <WarnIcon size={22} />
        </span>
      )}
      {problem !== undefined && canRetry === true && (
        <button
          type="button"
          className="qun-formpictures__failed"
          aria-label={`${words('form.pictureRetry')}: ${name}`}
          onClick={() => pictures.retry(id)}
        >
          <WarnIcon size={22} />
          {words('form.pictureRetry')}
        </button>
      )}
      <button
        type="button"
        className="qun-formpictures__remove"
        aria-label={words('form.pictureRemove', { n: place })}
        onClick={() => pictures.remove(id)}
      >
        <CloseIcon size={22} />
      </button>
    </div>
  )
}
function Progress({ picture }: { readonly picture: Picture }) {
  const words = useWords()
  const percent = Math.round(useReadable(picture.share) * 100)
  return (
    <div className="qun-upload__veil">
      <progress
        className="qun-upload__bar"
        max={100}
        value={percent}
        aria-label={words('compose.uploading', { n: percent })}
      />
    </div>
  )
}

interface PickTileProps {
  readonly icon: ReactNode
  readonly label: string
  readonly onPick: (files: readonly File[]) => void
  readonly many?: boolean
  /** Opens the camera, where there is one. */
  readonly camera?: boolean
}
function PickTile({ icon, label, onPick, many = false, camera = false }: PickTileProps) {
  const files = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        className={`qun-formpictures__add${camera ? ' qun-formpictures__add--camera' : ''}`}
        onClick={() => files.current?.click()}
      >
        {icon}
        {label}
      </button>
      <input
        ref={files}
        className="qun-hidden"
        type="file"
        accept={camera ? 'image/*' : 'image/jpeg,image/png,image/webp,image/gif'}
        multiple={many}
        {...(camera && { capture: 'environment' as const })}
        tabIndex={-1}
        aria-hidden="true"
        onChange={(change) => {
          const chosen = [...(change.target.files ?? [])]
          change.target.value = ''
          if (chosen.length > 0) onPick(chosen)
        }}
      />
    </>
  )
}
