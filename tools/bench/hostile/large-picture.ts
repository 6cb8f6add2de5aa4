/** A PNG of forty million pixels in a few MiB: what takes a server longest to look at for its size. */
import { crc32, deflateSync } from 'node:zlib'

const [width, height] = [7_000, 5_714]

export function largePicture(): Buffer {
  // A row of noise again and again is within the window of deflate, and no two neighbours are alike.
  const row = Buffer.alloc(1 + width * 4)
  for (let at = 1, noise = 12_345; at < row.length; at += 1) {
    noise = (noise * 1_103_515_245 + 12_345) & 0x7fffffff
    row[at] = noise >> 16
  }
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)), { level: 1 })
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  // Eight bits of red, green, blue and opacity.
  head.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}
function chunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body])
  const out = Buffer.alloc(8 + named.length)
  out.writeUInt32BE(body.length, 0)
  named.copy(out, 4)
  out.writeUInt32BE(crc32(named), 4 + named.length)
  return out
}
