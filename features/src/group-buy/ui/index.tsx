/** The faces of a group buy: the card in the conversation. */
import { ActionButton, CardFrame, defineCardUI, useText, type CardFaceProps } from '@qun/ui'
import { groupBuy } from '../contract.ts'

const texts = {
  kind: { 'zh-CN': 'Group buy', en: 'Group buy' },
  join: { 'zh-CN': '参与', en: 'Join' },
  joined: { 'zh-CN': '已参与', en: 'Joined' },
}
const countText = (count: number) => ({ 'zh-CN': `${count} 人已参与`, en: `${count} joined` })

export function GroupBuyCard({ body, state, mine, act }: CardFaceProps<typeof groupBuy>) {
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

export default [defineCardUI(groupBuy, { Card: GroupBuyCard, label: texts.kind })]
