/** Addresses the host hands in and people are sent to; says what is safe to follow, not what is there. */

/** https, or a path of the host's own site; nothing that runs, and no other site in disguise (`//x`, `/\x`). */
export function isSafeAddress(address: string): boolean {
  return /^https:\/\/[^\s/]+/.test(address) || /^\/(?![/\\])\S*$/.test(address)
}
