/** What the starter and admins may do with a list: export, copy, paste, make orders, close. */
import type { GroupId } from '@qun/contract'
import { ActionButton, FormText, Sheet, useQun, useText } from '@qun/ui'
import { useState } from 'react'
import { exportOf } from '../contract.ts'
import { parsePasted } from '../rules.ts'
import type { RelayFace } from './face.ts'
import { OrderPart } from './order-part.tsx'
import { importedText, orderedText, relayTexts } from './texts.ts'

interface ManageProps extends RelayFace {
  readonly isOver: boolean
  readonly open: boolean
  readonly onClose: () => void
}
export function ManageSheet(props: ManageProps) {
  const { body, state, act, group, message, isOver, open, onClose } = props
  const { client, toast } = useQun()
  const text = useText()
  const [pasted, setPasted] = useState('')
  const read = parsePasted(pasted)
  const params = { groupId: group.groupId as GroupId, seq: message.seq }
  const download = async () => {
    const { csv } = await client.call(exportOf, { params })
    const address = URL.createObjectURL(new Blob([csv], { type: 'text/csv;charset=utf-8' }))
    const link = Object.assign(document.createElement('a'), { href: address, download: `${body.title}.csv` })
    link.click()
    URL.revokeObjectURL(address)
  }
  const copy = async () => {
    const answer = await client.call(exportOf, { params })
    await navigator.clipboard.writeText(answer.text)
    toast(relayTexts.copied)
  }
  const take = async () => {
    await act('import', { text: pasted })
    toast(importedText(read.lines.length))
    setPasted('')
  }
  const close = async () => {
    await act('close', {})
    onClose()
  }
  return (
    <Sheet open={open} onClose={onClose} title={text(relayTexts.manage)}>
      <div className="qun-form">
        {state.phase === 'ordered' ? (
          <p className="qun-relay__ordered">{text(orderedText(state.lineCount))}</p>
        ) : (
          <OrderPart {...props} />
        )}
        <ActionButton wide tone="quiet" onClick={download}>
          {text(relayTexts.exportCsv)}
        </ActionButton>
        <ActionButton wide tone="quiet" onClick={copy}>
          {text(relayTexts.copyText)}
        </ActionButton>
        {!isOver && (
          <>
            <FormText
              long
              label={text(relayTexts.import)}
              placeholder={text(relayTexts.importHint)}
              value={pasted}
              max={20_000}
              onType={setPasted}
              {...(read.bad.length > 0 && { hint: `${text(relayTexts.unreadable)}: ${read.bad.join(', ')}` })}
            />
            <ActionButton wide disabled={read.lines.length === 0} onClick={take}>
              {text(relayTexts.importGo)}
            </ActionButton>
            <ActionButton wide tone="danger" onClick={close}>
              {text(relayTexts.close)}
            </ActionButton>
          </>
        )}
      </div>
    </Sheet>
  )
}
