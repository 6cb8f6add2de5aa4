/** The face of a relay list: the list that grows, one's own line, and what its starter may do. */
import {
  ActionButton,
  CardFrame,
  CardLink,
  CardLinks,
  Countdown,
  MemberName,
  useOpen,
  useServerNow,
  useText,
} from '@qun/ui'
import { useState } from 'react'
import { linesShown } from '../contract.ts'
import type { RelayFace } from './face.ts'
import { AllSheet } from './all-sheet.tsx'
import { ListIcon } from './icon.tsx'
import { LineSheet } from './line-sheet.tsx'
import { Lines } from './lines.tsx'
import { ManageSheet } from './manage-sheet.tsx'
import { countText, editText, leftText, relayTexts } from './texts.ts'

export function RelayListCard(props: RelayFace) {
  const { body, state, mine, message, group, viewer } = props
  const text = useText()
  const now = useServerNow()
  const all = useOpen()
  const manage = useOpen()
  const isOver = state.phase !== 'open' || (body.endsAt !== undefined && now >= body.endsAt)
  const starter = group.get().members.get(message.senderId)
  const own = mine?.lines ?? []
  const runsIt = viewer.userId === message.senderId || viewer.role !== 'member'
  return (
    <CardFrame
      icon={<ListIcon size={16} />}
      kind={text(relayTexts.kind)}
      {...(starter && { starter: <MemberName member={starter} /> })}
      title={body.title}
      tone={isOver ? 'ended' : own.length > 0 ? 'mine' : 'open'}
      foot={<Foot {...props} isOver={isOver} />}
      action={!isOver && <Own {...props} />}
    >
      {body.note !== undefined && <p className="qun-relay__note">{body.note}</p>}
      {state.lines.length === 0 ? (
        <p className="qun-relay__note">{text(relayTexts.empty)}</p>
      ) : (
        <Lines body={body} lines={state.lines} ownNos={new Set(own.map(({ no }) => no))} />
      )}
      <CardLinks>
        {state.lastNo > linesShown && <CardLink onClick={all.show}>{text(relayTexts.all)}</CardLink>}
        {runsIt && <CardLink onClick={manage.show}>{text(relayTexts.manage)}</CardLink>}
      </CardLinks>
      <AllSheet {...props} open={all.open} onClose={all.hide} />
      {runsIt && <ManageSheet {...props} isOver={isOver} open={manage.open} onClose={manage.hide} />}
    </CardFrame>
  )
}

function Foot({ body, state, isOver }: RelayFace & { readonly isOver: boolean }) {
  const text = useText()
  return (
    <>
      <span>{text(countText(state.lineCount))}</span>
      {!isOver && body.capacity !== undefined && <span>{text(leftText(body.capacity - state.lineCount))}</span>}
      {isOver ? (
        <span>{text(state.phase === 'ordered' ? relayTexts.ordered : relayTexts.closed)}</span>
      ) : (
        body.endsAt !== undefined && <Countdown until={body.endsAt} over={text(relayTexts.closed)} />
      )}
    </>
  )
}

/** One's own lines to change, and room for another. */
function Own(props: RelayFace) {
  const { body, state, mine } = props
  const text = useText()
  const sheet = useOpen()
  const [editing, setEditing] = useState<number>()
  const own = mine?.lines ?? []
  const isFull = body.capacity !== undefined && state.lineCount >= body.capacity
  const mayAdd = own.length < body.perMember && !isFull
  const show = (no: number | undefined) => {
    setEditing(no)
    sheet.show()
  }
  return (
    <div className="qun-relay__own">
      {body.editing === 'own' &&
        own.map(({ no }) => (
          <ActionButton key={no} tone="quiet" onClick={() => show(no)}>
            {text(editText(no))}
          </ActionButton>
        ))}
      {mayAdd && (
        <ActionButton wide onClick={() => show(undefined)}>
          {text(own.length === 0 ? relayTexts.join : relayTexts.again)}
        </ActionButton>
      )}
      <LineSheet {...props} line={own.find(({ no }) => no === editing)} open={sheet.open} onClose={sheet.hide} />
    </div>
  )
}
