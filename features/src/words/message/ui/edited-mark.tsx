/** Says that a text was edited, and shows what it said before. */
import type { AnswerOf } from '@qun/contract'
import type { GroupHandle, ViewMessage } from '@qun/sdk'
import { problemText, Sheet, TimeText, useQun, useText } from '@qun/ui'
import { useState } from 'react'
import { editsOf } from '../contract.ts'
import { messageTexts } from './texts.ts'

type Edits = AnswerOf<typeof editsOf>['edits']

export function EditedMark({
  group,
  message,
  text,
}: {
  readonly group: GroupHandle
  readonly message: ViewMessage
  readonly text: string
}) {
  const { client, toast } = useQun()
  const say = useText()
  const [edits, setEdits] = useState<Edits>()
  const show = () => {
    client
      .call(editsOf, { params: { groupId: group.groupId as never, seq: message.seq } })
      .then((answer) => setEdits(answer.edits))
      .catch((error: unknown) => toast(problemText(error), 'danger'))
  }
  return (
    <>
      <button type="button" className="qun-edited" aria-label={say(messageTexts.editedLabel)} onClick={show}>
        {say(messageTexts.edited)}
      </button>
      <Sheet open={edits !== undefined} onClose={() => setEdits(undefined)} title={messageTexts.history}>
        <ol className="qun-edits">
          <li className="qun-edits__one">
            <span className="qun-edits__when">{say(messageTexts.current)}</span>
            {text}
          </li>
          {(edits ?? []).toReversed().map((edit, index, all) => (
            <li key={edit.at} className="qun-edits__one">
              <span className="qun-edits__when">
                {index === all.length - 1 && `${say(messageTexts.posted)} · `}
                <TimeText at={edit.at} />
              </span>
              {edit.text}
            </li>
          ))}
        </ol>
      </Sheet>
    </>
  )
}
