/**
 * The order in which one decision takes its locks: rows of caps, then accounts, then its group. Two decisions that keep
 * it never wait for each other in a circle; one that does not is a bug, and is told so before it can.
 */
const moved = new WeakSet<object>()
const held = new WeakMap<object, Set<string>>()

/** From here on the decision holds accounts. */
export function noteMoved(call: object): void {
  moved.add(call)
}
/** From here on the decision holds the rows of caps that these count against. */
export function noteHeld(call: object, refs: readonly string[]): void {
  const all = held.get(call) ?? new Set()
  for (const ref of refs) all.add(ref)
  held.set(call, all)
}
/** Throws when the decision holds accounts already, and not yet the rows of caps it asks for now. */
export function checkOrder(call: object, refs: readonly string[]): void {
  if (!moved.has(call)) return
  const late = refs.find((ref) => held.get(call)?.has(ref) !== true)
  if (late !== undefined)
    throw new Error(`${late}: caps are counted before value moves, or two decisions may wait in a circle`)
}
