/** Making orders of a list: the button, and the question that says what it comes to. */
import type { GroupId } from '@qun/contract'
import { ActionButton, Dialog, useOpen, useQun, useText } from '@qun/ui'
import { useState } from 'react'
import { orderSumOf, type OrderSum } from '../contract.ts'
import type { RelayFace } from './face.ts'
import { orderSumText, relayTexts } from './texts.ts'

export function OrderPart({ state, act, group, message }: RelayFace) {
  const { client } = useQun()
  const text = useText()
  const asking = useOpen()
  const [sum, setSum] = useState<OrderSum>()
  const add = async () =>
    setSum(await client.call(orderSumOf, { params: { groupId: group.groupId as GroupId, seq: message.seq } }))
  const ask = async () => {
    await add()
    asking.show()
  }
  const order = async () => {
    if (sum === undefined) return
    const { lineCount, quantity } = sum
    try {
      await act('order', { lineCount, quantity })
    } catch (refused) {
      // Where the list changed meanwhile, the question goes on with what it comes to now.
      await add()
      throw refused
    }
  }
  return (
    <>
      <ActionButton wide disabled={state.lineCount === 0} onClick={ask}>
        {text(relayTexts.order)}
      </ActionButton>
      <Dialog
        open={asking.open}
        onClose={asking.hide}
        title={relayTexts.orderAsk}
        confirm={relayTexts.order}
        onConfirm={order}
      >
        {sum !== undefined && <p className="qun-relay__sum">{text(orderSumText(sum))}</p>}
        {text(relayTexts.orderLocks)}
      </Dialog>
    </>
  )
}
