/** Writes the client's half of the WebSocket protocol as bytes; reads nothing and knows no message. */

/** A fixed mask is enough for a load generator: the server unmasks all the same. */
const mask = [0x37, 0xfa, 0x21, 0x3d] as const

/** The HTTP request that asks for a WebSocket. `origin` is sent when the server insists on one. */
export function upgradeRequest(path: string, host: string, origin?: string): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ]
  if (origin !== undefined) lines.push(`Origin: ${origin}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

/** A masked frame of one text (opcode 1) or control (8 close, 9 ping, 10 pong) message below 64 KiB. */
export function clientFrame(text: string | Buffer, opcode = 1): Buffer {
  const body = typeof text === 'string' ? Buffer.from(text) : text
  const head = body.length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(head + 4 + body.length)
  frame[0] = 0x80 | opcode
  if (head === 2) frame[1] = 0x80 | body.length
  else {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(body.length, 2)
  }
  for (let at = 0; at < 4; at += 1) frame[head + at] = mask[at]!
  for (let at = 0; at < body.length; at += 1) frame[head + 4 + at] = body[at]! ^ mask[at & 3]!
  return frame
}

/** What a server sent up to a frame's end: how many bytes are whole frames, told of each frame. */
export function readServerFrames(bytes: Buffer, frame: (opcode: number, start: number, end: number) => void): number {
  let at = 0
  while (bytes.length - at >= 2) {
    const short = bytes[at + 1]! & 0x7f
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length - at < head) break
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    if (bytes.length - at < head + length) break
    frame(bytes[at]! & 0x0f, at + head, at + head + length)
    at += head + length
  }
  return at
}
