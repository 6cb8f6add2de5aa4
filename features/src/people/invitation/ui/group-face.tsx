/** A group as somebody outside may see it: picture, name, size, a row of faces. */
import { Avatar, GroupAvatar, useText, type Face } from '@qun/ui'
import { membersText } from './texts.ts'

export interface GroupFaceProps {
  readonly name: string
  readonly avatar: string
  readonly faces: readonly Face[]
  readonly memberCount: number
  /** False where the faces alone have to do. */
  readonly picture?: boolean
}
/** Faces beside each other; more would be a crowd. */
const facesShown = 5

export function GroupFaceView({ name, avatar, faces, memberCount, picture = true }: GroupFaceProps) {
  const text = useText()
  return (
    <div className="qun-invite__group">
      {picture && <GroupAvatar name={name} avatar={avatar} faces={faces} sizePx={72} />}
      <h3 className="qun-invite__name">{name}</h3>
      <p className="qun-invite__count">{text(membersText(memberCount))}</p>
      <ul className="qun-invite__faces" aria-label={faces.map((face) => face.name).join(', ')}>
        {faces.slice(0, facesShown).map((face, at) => (
          // Faces carry no id; they are shown in the order of joining.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={at} className="qun-invite__face">
            <Avatar name={face.name} avatar={face.avatar} sizePx={44} />
            <bdi className="qun-invite__facename">{face.name}</bdi>
          </li>
        ))}
      </ul>
    </div>
  )
}
