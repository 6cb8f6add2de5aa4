/** The faces of a flash sale: the card in the conversation. */
import { ActionButton, CardFrame, defineCardUI, useText, type CardFaceProps } from '@qun/ui'
import { flashSale } from '../contract.ts'

const texts = {
  kind: { 'zh-CN': 'Flash sale', en: 'Flash sale' },
  join: { 'zh-CN': '参与', en: 'Join' },
  joined: { 'zh-CN': '已参与', en: 'Joined' },
}
const countText = (count: number) => ({ 'zh-CN': `${count} 人已参与`, en: `${count} joined` })

export function FlashSaleCard({ body, state, mine, act }: CardFaceProps<typeof flashSale>) {
  const text = useText()
  const action =
    mine === undefined ? (
      <ActionButton wide onClick={() => act('join', {})}>
        {text(texts.join)}
      </ActionButton>
    ) : (
      <span>{text(texts.joined)}</span>
    )
  return (
    <CardFrame
      kind={text(texts.kind)}
      title={body.title}
      tone={mine === undefined ? 'open' : 'mine'}
      foot={<span>{text(countText(state.count))}</span>}
      action={action}
    />
  )
}

export default [defineCardUI(flashSale, { Card: FlashSaleCard, label: texts.kind })]
