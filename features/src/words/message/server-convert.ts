/** Makes of an uploaded picture what is kept of it. Holds nothing of the store; only some are converted at once. */
import { type PrepareCall, Turns } from '@qun/core'
import { fileTypeFromBuffer } from 'file-type'
import sharp from 'sharp'
import { imageBytesMax, type uploadImage } from './contract.ts'
import type { Picture } from './store.ts'

/** Pixels of one picture or frame; of all frames of a moving one; and frames (MED-05). */
const pixelsMax = 40_000_000
const allPixelsMax = 120_000_000
const framesMax = 300
const fullSide = 2_560
const movingSide = 800
const thumbSide = 480
const formats = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif'])

/** Two cores are the smallest machine: a picture takes one of them for a second, so the other is left to talk. */
const conversions = new Turns({ atOnce: 2, waitingMax: 48, waitingPerPersonMax: 9, retryAfterMs: 3_000 })

type UploadCall = PrepareCall<typeof uploadImage>
type Converted = Omit<Picture, 'mediaId' | 'userId'>
export function convertInTurn(call: UploadCall): Promise<Converted> {
  return conversions.run(call.appId, call.actorId, () => convert(call, call.body.bytes))
}
/** [PI1]–[PI3] Decodes and writes anew, so that nothing hidden in the bytes survives: place, camera, archives. */
async function convert(call: UploadCall, bytes: Uint8Array): Promise<Converted> {
  if (bytes.byteLength > imageBytesMax) call.fail('media.too_large')
  const sniffed = await fileTypeFromBuffer(bytes)
  if (sniffed === undefined) return call.fail('media.type_mismatch')
  if (!formats.has(sniffed.mime)) call.fail('media.type_forbidden', { detail: sniffed.mime })
  const known = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  if (known === undefined) return call.fail('media.corrupt')
  const frames = known.pages ?? 1
  const pixels = known.width * (known.pageHeight ?? known.height)
  if (frames > framesMax) call.fail('media.frames')
  if (pixels > pixelsMax || pixels * frames > allPixelsMax) call.fail('media.pixels')
  try {
    const isMoving = frames > 1
    const side = isMoving ? movingSide : fullSide
    const picture = sharp(bytes, { animated: isMoving, limitInputPixels: allPixelsMax, failOn: 'error' }).autoOrient()
    const inside = (size: number) => ({ width: size, height: size, fit: 'inside', withoutEnlargement: true }) as const
    const full = await picture
      .resize(inside(side))
      .webp({ quality: 82, effort: 3 })
      .toBuffer({ resolveWithObject: true })
    const still = sharp(full.data, { animated: false })
    const [thumb, tiny] = await Promise.all([
      still.clone().resize(inside(thumbSide)).webp({ quality: 75, effort: 3 }).toBuffer(),
      still.clone().resize(inside(16)).webp({ quality: 20 }).toBuffer(),
    ])
    const { width: w, height, pageHeight } = full.info as typeof full.info & { pageHeight?: number }
    const preview = `data:image/webp;base64,${tiny.toString('base64')}`
    return { w, h: pageHeight ?? height, preview, contentType: 'image/webp', full: full.data, thumb }
  } catch (error) {
    return call.fail('media.corrupt', { detail: String(error) })
  }
}
