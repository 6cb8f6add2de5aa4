/** The whole list, page by page. */
import type { GroupId } from '@qun/contract'
import { MoreBelow, Sheet, usePages, useQun } from '@qun/ui'
import { linesOf } from '../contract.ts'
import type { RelayFace } from './face.ts'
import { Lines } from './lines.tsx'

interface AllProps extends RelayFace {
  readonly open: boolean
  readonly onClose: () => void
}
export function AllSheet({ body, state, mine, group, message, open, onClose }: AllProps) {
  const { client } = useQun()
  const params = { groupId: group.groupId as GroupId, seq: message.seq }
  // Asked anew at each opening and for each line that comes while it is open.
  const pages = usePages(open ? String(state.lastNo) : undefined, async (cursor) => {
    const { lines, more } = await client.call(linesOf, { params, query: { after: Number(cursor ?? 0) } })
    return { items: lines, cursor: more ? String(lines.at(-1)?.no ?? 0) : null }
  })
  return (
    <Sheet open={open} onClose={onClose} title={body.title}>
      <Lines body={body} lines={pages.items} ownNos={new Set(mine?.lines.map(({ no }) => no))} />
      <MoreBelow pages={pages} />
    </Sheet>
  )
}
