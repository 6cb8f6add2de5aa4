/**
 * How movements of points are named in the ledger. What the host did stands under its own word, so that a reversal
 * never reaches another play's transfer; what Qun does by itself has a `~`, which no ref of a host can have.
 */

export const refOf = (ref: string): string => `points/${ref}`
/** [PO10] What an ended order takes back of the grant of that ref. */
export const clawBackOf = (grant: string): string => `points/~refund/${wordOf(grant)}`
/** [PO6] What fills a fund; `told` is the name it had before, which a grant may have, too. */
export const fundRefOf = (ref: string): { readonly ref: string; readonly told: string } => ({
  ref: `points/~fund/${ref}`,
  told: `points/fund/${ref}`,
})
/** The host's own word of what it did. */
export const wordOf = (ref: string): string => ref.slice('points/'.length)
