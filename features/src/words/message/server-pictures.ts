/**
 * Pictures in cards of other features. Such a card is handed this where the server's features are listed, and calls it
 * in the decision that posts or recalls the card: neither feature names the other, and who sees the card sees them.
 */
import type { UserId } from '@qun/contract'
import type { Call } from '@qun/core'
import { addPost, dropPicturesOf, isPostedAt, shownPictures, takeUpload } from './store.ts'

const dayMs = 86_400_000
type Place = Pick<Call, 'tx' | 'appId' | 'now'> & Parameters<typeof dropPicturesOf>[1]
interface Shown {
  readonly mediaId: string
  /** Where its poster showed it before; a fresh upload has none. */
  readonly seq?: number | undefined
}

export const cardPictures = {
  /** [PI7] Ties a picture to the card; false when the poster may not show it: not theirs, used, too old, unknown. */
  async show(call: Place & { readonly senderId: UserId }, { mediaId, seq }: Shown): Promise<boolean> {
    const { tx, appId, groupId, senderId: userId } = call
    const isTheirs =
      seq === undefined
        ? await takeUpload(tx, call, { mediaId, userId, since: call.now - dayMs })
        : await isPostedAt(tx, { appId, groupId, seq }, mediaId, userId)
    if (isTheirs) await addPost(tx, call, mediaId)
    return isTheirs
  },
  /** [PI4] With the card recalled, what no other message shows is gone. */
  recalled: (call: Place): Promise<void> => dropPicturesOf(call.tx, call),
  /** [PI7] What cards show, and whose it is, for their auditors. */
  shown: shownPictures,
}
