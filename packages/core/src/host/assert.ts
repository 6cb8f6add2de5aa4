/** Assertions: what must hold if this code is right. A failure is a bug, never a caller's fault. */
export class Bug extends Error {
  override readonly name = 'Bug'
}
export function assert(holds: unknown, message: string): asserts holds {
  if (!holds) throw new Bug(message)
}
/** The value, which the surrounding code guarantees to be there. */
export function must<T>(value: T | null | undefined, message: string): T {
  assert(value !== null && value !== undefined, message)
  return value
}
