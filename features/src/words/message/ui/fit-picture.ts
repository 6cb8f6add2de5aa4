/** Makes a large picture small enough before it is uploaded. Knows no server; one that cannot be read goes as it is. */

/** The longest edge the server keeps; more would only cost the sender's data. */
export const longestEdgePx = 2_560
const jpegQuality = 0.88
/** Pictures that move would stand still on a canvas. */
const drawn = new Set(['image/jpeg', 'image/png', 'image/webp'])

/** What a platform does with pictures; tests bring their own. */
export interface Darkroom {
  /** Upright, as people see it. */
  decode(picture: Blob): Promise<{ readonly width: number; readonly height: number; close(): void }>
  /** Null when the platform cannot. */
  draw(picture: unknown, width: number, height: number, type: string): Promise<Blob | null>
}
const browser: Darkroom = {
  decode: (picture) => createImageBitmap(picture, { imageOrientation: 'from-image' }),
  draw(picture, width, height, type) {
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    const pen = canvas.getContext('2d')
    if (!pen) return Promise.resolve(null)
    pen.imageSmoothingQuality = 'high'
    pen.drawImage(picture as CanvasImageSource, 0, 0, width, height)
    return new Promise((resolve) => canvas.toBlob(resolve, type, jpegQuality))
  },
}
/** The same form with its longer edge at most `longestEdgePx`; undefined when it fits already. */
export function fitted(w: number, h: number): { readonly width: number; readonly height: number } | undefined {
  const scale = longestEdgePx / Math.max(w, h)
  if (scale >= 1) return undefined
  return { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)) }
}
/** The picture itself when it is small, moves, cannot be read, or would not become smaller. */
export async function fitPicture(picture: Blob, { decode, draw }: Darkroom = browser): Promise<Blob> {
  if (!drawn.has(picture.type) || (await isMovingWebp(picture))) return picture
  try {
    const decoded = await decode(picture)
    try {
      const size = fitted(decoded.width, decoded.height)
      if (!size) return picture
      const smaller = await draw(decoded, size.width, size.height, picture.type)
      return smaller && smaller.size < picture.size ? smaller : picture
    } finally {
      decoded.close()
    }
  } catch {
    // The server says what is wrong with it, in the person's language.
    return picture
  }
}
/** A flag in the header of extended WebP files says so. */
async function isMovingWebp(picture: Blob): Promise<boolean> {
  if (picture.type !== 'image/webp') return false
  const head = new Uint8Array(await picture.slice(0, 21).arrayBuffer())
  const chunk = String.fromCodePoint(...head.slice(12, 16))
  return chunk === 'VP8X' && ((head[20] ?? 0) & 2) !== 0
}
