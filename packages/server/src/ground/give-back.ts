/**
 * Gives the memory of bytes back that nobody will look at again. Left to the collector, pieces of bodies are most of
 * what it is called for, and a whole collection keeps everybody waiting. The bytes are empty afterwards.
 */
export function giveBack(bytes: Buffer): void {
  const { buffer, byteOffset, length } = bytes
  // Of what shares its memory with others, nothing can be given back.
  if (!(buffer instanceof ArrayBuffer) || byteOffset !== 0 || length !== buffer.byteLength) return
  buffer.transfer(0)
}
