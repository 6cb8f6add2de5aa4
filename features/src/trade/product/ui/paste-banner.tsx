/** When a product’s link is pasted: offers to send it as a card. Knows the composer by its field alone. */
import type { GroupId } from '@qun/contract'
import { ActionButton, CloseIcon, useQun, useText, type GroupSectionProps } from '@qun/ui'
import { useEffect, useState } from 'react'
import { product, resolveLink, type LiveProduct } from '../contract.ts'
import { linkKeyOf } from '../rules.ts'
import { itemOf } from './compose.tsx'
import { Price, ProductPicture } from './product-parts.tsx'
import { productTexts } from './texts.ts'

interface Pasted {
  readonly link: string
  readonly product: LiveProduct
}
const fieldName = 'qun-composer__text'

/** [PD8] The first web address in a text. */
export function linkIn(words: string): string | undefined {
  const link = /https?:\/\/[^\s<>"']+/.exec(words)?.[0]
  return link !== undefined && linkKeyOf(link) !== undefined ? link : undefined
}
/** Empties the field as typing would, if it holds nothing but the link. */
function takeOut(root: HTMLElement | null, link: string): void {
  const field = root?.querySelector<HTMLTextAreaElement>(`textarea.${fieldName}`)
  if (!field || field.value.trim() !== link) return
  field.setRangeText('', 0, field.value.length, 'end')
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

export function PasteBanner({ group, view, client }: GroupSectionProps) {
  const { root } = useQun()
  const text = useText()
  const [pasted, setPasted] = useState<Pasted>()
  const isOpen = view.group !== undefined && view.group.disbandedAt === undefined && !view.gone
  const { groupId } = group
  useEffect(() => {
    const box = root.current
    if (box === null || !isOpen) return
    let wanted = true
    const hear = (paste: ClipboardEvent) => {
      const isField = paste.target instanceof HTMLElement && paste.target.classList.contains(fieldName)
      const link = isField ? linkIn(paste.clipboardData?.getData('text/plain') ?? '') : undefined
      if (link === undefined) return
      client.call(resolveLink, { params: { groupId: groupId as GroupId }, query: { url: link } }).then(
        (answer) => {
          const found = answer.product
          if (wanted && found?.state === 'on') setPasted({ link, product: found })
        },
        // A link that cannot be looked up stays a link.
        () => undefined,
      )
    }
    box.addEventListener('paste', hear)
    return () => {
      wanted = false
      box.removeEventListener('paste', hear)
    }
  }, [root, client, groupId, isOpen])
  if (pasted === undefined || !isOpen) return null
  const send = async () => {
    const { link } = pasted
    takeOut(root.current, link)
    setPasted(undefined)
    await group.send(product, { items: [itemOf(pasted.product)], link })
  }
  return (
    <section className="qun-product__pasted" aria-label={text(productTexts.pasted)}>
      <ProductPicture image={pasted.product.image} size="row" />
      <span className="qun-product__words">
        <span className="qun-product__name">{pasted.product.title}</span>
        <Price live={pasted.product} />
      </span>
      <ActionButton onClick={send}>{text(productTexts.sendAsCard)}</ActionButton>
      <button
        type="button"
        className="qun-iconbutton"
        aria-label={text(productTexts.dismiss)}
        onClick={() => setPasted(undefined)}
      >
        <CloseIcon size={18} />
      </button>
    </section>
  )
}
