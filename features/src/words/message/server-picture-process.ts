/**
 * The process that makes of an uploaded file what is kept of it, started by server-convert.ts: it yields to whoever
 * talks, and what a decoder takes of memory goes with it. Asked over its channel, one picture at a time.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { fileTypeFromFile } from 'file-type'
import sharp from 'sharp'
import type { Picture } from './store.ts'

/** Pixels of one picture or frame; of all frames of a moving one; and frames (MED-05). */
const pixelsMax = 40_000_000
const allPixelsMax = 120_000_000
const framesMax = 300
const fullSide = 2_560
const movingSide = 800
const thumbSide = 480
/** How long it waits for another picture. */
const idleMs = 30_000
const formats = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif'])

export type Converted = Omit<Picture, 'mediaId' | 'userId'>
/** Why there is no picture; `code` is one of the upload's refusals. */
export interface PictureFault {
  readonly code: 'type_mismatch' | 'type_forbidden' | 'corrupt' | 'frames' | 'pixels'
  readonly detail?: string
}
export type PictureAnswer = { readonly picture: Converted } | { readonly fault: PictureFault }

const fault = (code: PictureFault['code'], detail?: string): PictureAnswer => ({
  fault: { code, ...(detail === undefined ? {} : { detail }) },
})
/** [PI1]–[PI3] Decodes and writes anew, so that nothing hidden in the bytes survives: place, camera, archives. */
async function convert(path: string): Promise<PictureAnswer> {
  const sniffed = await fileTypeFromFile(path)
  if (sniffed === undefined) return fault('type_mismatch')
  if (!formats.has(sniffed.mime)) return fault('type_forbidden', sniffed.mime)
  const known = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  if (known === undefined) return fault('corrupt')
  const frames = known.pages ?? 1
  const pixels = known.width * (known.pageHeight ?? known.height)
  if (frames > framesMax) return fault('frames')
  if (pixels > pixelsMax || pixels * frames > allPixelsMax) return fault('pixels')
  try {
    return { picture: await write(path, frames > 1) }
  } catch (error) {
    return fault('corrupt', String(error))
  }
}
async function write(path: string, isMoving: boolean): Promise<Converted> {
  const side = isMoving ? movingSide : fullSide
  const picture = sharp(path, { animated: isMoving, limitInputPixels: allPixelsMax, failOn: 'error' }).autoOrient()
  const inside = (size: number) => ({ width: size, height: size, fit: 'inside', withoutEnlargement: true }) as const
  const full = await picture.resize(inside(side)).webp({ quality: 82, effort: 3 }).toBuffer({ resolveWithObject: true })
  const still = sharp(full.data, { animated: false })
  const [thumb, tiny] = await Promise.all([
    still.clone().resize(inside(thumbSide)).webp({ quality: 75, effort: 3 }).toBuffer(),
    still.clone().resize(inside(16)).webp({ quality: 20 }).toBuffer(),
  ])
  const { width: w, height, pageHeight } = full.info as typeof full.info & { pageHeight?: number }
  const preview = `data:image/webp;base64,${tiny.toString('base64')}`
  return { w, h: pageHeight ?? height, preview, contentType: 'image/webp', full: full.data, thumb }
}

yieldToAll()
// No picture comes twice, and one core of a small machine is enough for them.
sharp.cache(false)
sharp.concurrency(1)
process.on('message', (path: string) => {
  clearTimeout(end)
  void convert(path).then((answer) => {
    // The server may have ended meanwhile, and nobody waits for the picture.
    if (!process.connected) return
    process.send?.(answer)
    end = endLater()
  })
})
let end = endLater()
/**
 * Whatever else wants the core has it first. Linux counts each thread by itself, and those that decode were started, or
 * are started by some that were, before this line is reached.
 */
function yieldToAll(): void {
  const tasks = '/proc/self/task'
  const threads = existsSync(tasks) ? readdirSync(tasks).map(Number) : [0]
  for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_LOW)
  // Where Linux shares a core between sessions first, the store's is weighed against this one as a whole.
  const session = '/proc/self/autogroup'
  if (existsSync(session)) writeFileSync(session, String(constants.priority.PRIORITY_LOW))
}
/** An album is followed by another, or by none for long. */
function endLater(): NodeJS.Timeout {
  return setTimeout(() => process.disconnect(), idleMs).unref()
}
