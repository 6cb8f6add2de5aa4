/** A picture of the group for faces of other features: fetched with the token, filling whatever box it is given. */
import { ImageIcon, type Talk } from '@qun/ui'
import { useMedia } from './media.ts'

export const Picture: NonNullable<Talk['Picture']> = ({ groupId, mediaId, alt, full = false }) => {
  const media = useMedia(groupId, mediaId, full ? 'full' : 'thumb')
  if (media.failed || media.address === undefined)
    return (
      <span className="qun-anypicture qun-anypicture--waiting" role="img" aria-label={alt}>
        <ImageIcon size={24} />
      </span>
    )
  return <img className="qun-anypicture" src={media.address} alt={alt} draggable={false} />
}
