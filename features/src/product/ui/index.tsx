/** The faces of a product: the card in the conversation. */
import { ActionButton, CardFrame, defineCardUI, useText, type CardFaceProps } from '@qun/ui'
import { product } from '../contract.ts'

const texts = {
  kind: { 'zh-CN': 'Product', en: 'Product' },
  join: { 'zh-CN': '参与', en: 'Join' },
  joined: { 'zh-CN': '已参与', en: 'Joined' },
}
const countText = (count: number) => ({ 'zh-CN': `${count} 人已参与`, en: `${count} joined` })

export function ProductCard({ body, state, mine, act }: CardFaceProps<typeof product>) {
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

export default [defineCardUI(product, { Card: ProductCard, label: texts.kind })]
