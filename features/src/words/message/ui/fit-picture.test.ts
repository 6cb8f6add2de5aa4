/** Which pictures are made smaller before they are uploaded, and which go as they are. */
import { describe, expect, it } from 'vitest'
import { fitPicture, fitted, longestEdgePx, type Darkroom } from './fit-picture.ts'

const bytes = (count: number, type: string) => new Blob([new Uint8Array(count)], { type })
function darkroom(width: number, height: number, drawnBytes: number | null) {
  const done: unknown[] = []
  const room: Darkroom = {
    decode: async () => ({ width, height, close: () => done.push('closed') }),
    draw: async (_picture, w, h, type) => {
      done.push([w, h, type])
      return drawnBytes === null ? null : bytes(drawnBytes, type)
    },
  }
  return { room, done }
}

describe('the size', () => {
  it.each([
    [5_120, 2_560, { width: 2_560, height: 1_280 }],
    [3_000, 4_000, { width: 1_920, height: 2_560 }],
    [20_000, 1, { width: 2_560, height: 1 }],
    [longestEdgePx, longestEdgePx, undefined],
    [10, 10, undefined],
  ])('of %d × %d', (w, h, size) => expect(fitted(w, h)).toEqual(size))
})
describe('a picture', () => {
  it.each(['image/jpeg', 'image/png', 'image/webp'])('of type %s that is too large is drawn again', async (type) => {
    const { room, done } = darkroom(5_120, 2_560, 100)
    expect((await fitPicture(bytes(1_000, type), room)).size).toBe(100)
    expect(done).toEqual([[2_560, 1_280, type], 'closed'])
  })
  it('that fits goes as it is', async () => {
    const { room, done } = darkroom(2_000, 1_000, 100)
    const picture = bytes(1_000, 'image/jpeg')
    expect(await fitPicture(picture, room)).toBe(picture)
    expect(done).toEqual(['closed'])
  })
  it.each([1_000, 2_000, null])('that does not become smaller (%s) goes as it is', async (drawnBytes) => {
    const picture = bytes(1_000, 'image/png')
    expect(await fitPicture(picture, darkroom(5_000, 5_000, drawnBytes).room)).toBe(picture)
  })
  it('that moves goes as it is', async () => {
    const { room, done } = darkroom(5_000, 5_000, 100)
    const head = new Uint8Array(21)
    head.set(new TextEncoder().encode('RIFF....WEBPVP8X'))
    head[20] = 2
    for (const picture of [bytes(1_000, 'image/gif'), new Blob([head], { type: 'image/webp' })])
      expect(await fitPicture(picture, room)).toBe(picture)
    expect(done).toEqual([])
  })
  it('that cannot be read goes as it is', async () => {
    const picture = bytes(1_000, 'image/jpeg')
    const broken: Darkroom = { ...darkroom(1, 1, 1).room, decode: () => Promise.reject(new Error('damaged')) }
    expect(await fitPicture(picture, broken)).toBe(picture)
  })
})
