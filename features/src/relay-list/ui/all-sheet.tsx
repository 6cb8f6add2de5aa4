/** The whole list, page by page. */
import type { GroupId } from '@qun/contract'
import { ActionButton, problemText, Sheet, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { linesOf, type Line } from '../contract.ts'
import type { RelayFace } from './card.tsx'
import { Lines } from './lines.tsx'
import { relayTexts } from './texts.ts'

interface AllProps extends RelayFace {
  readonly open: boolean
  readonly onClose: () => void
}
export function AllSheet({ body, state, mine, group, message, open, onClose }: AllProps) {
  const { client, toast } = useQun()
  const text = useText()
  const [lines, setLines] = useState<readonly Line[]>([])
  const [more, setMore] = useState(false)
  const load = async (before: readonly Line[]) => {
    const answer = await client.call(linesOf, {
      params: { groupId: group.groupId as GroupId, seq: message.seq },
      query: { after: before.at(-1)?.no ?? 0 },
    })
    setLines([...before, ...answer.lines])
    setMore(answer.more)
  }
  useEffect(() => {
    if (open) load([]).catch((error: unknown) => toast(problemText(error), 'danger'))
    // Asked anew at each opening and for each line that comes while it is open.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [open, state.lastNo])
  return (
    <Sheet open={open} onClose={onClose} title={body.title}>
      <Lines body={body} lines={lines} ownNos={new Set(mine?.lines.map(({ no }) => no))} />
      {more && (
        <ActionButton wide tone="quiet" onClick={() => load(lines)}>
          {text(relayTexts.more)}
        </ActionButton>
      )}
    </Sheet>
  )
}
