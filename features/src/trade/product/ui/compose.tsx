/** The form in the plus menu: admins choose from the catalogue, members paste a link of the shop. */
import { ActionButton, FormText, useQun, useText, type ComposeProps } from '@qun/ui'
import { useState } from 'react'
import { productsMax, type LiveProduct, type product } from '../contract.ts'
import { ProductChoices, useFound } from './picker.tsx'
import { chosenText, productTexts } from './texts.ts'

/** What a request says of a product: what the sender sees, so that a changed price is noticed. */
export function itemOf({ productId, title, image, priceFen }: LiveProduct) {
  return { productId, title, priceFen, ...(image === undefined ? {} : { image }) }
}

export function ProductForm({ group, submit }: ComposeProps<typeof product>) {
  const text = useText()
  const { viewerId } = useQun()
  const isAdmin = (group.get().members.get(viewerId)?.role ?? 'member') !== 'member'
  const [words, setWords] = useState('')
  const [title, setTitle] = useState('')
  const [chosen, setChosen] = useState<readonly LiveProduct[]>([])
  const found = useFound(group.groupId, words, isAdmin ? 'catalogue' : 'links')
  // A member's link leads to one product, which is the choice.
  const items = isAdmin ? chosen : found.products.slice(0, 1)
  const toggle = (one: LiveProduct) => {
    const without = chosen.filter((each) => each.productId !== one.productId)
    if (without.length < chosen.length) setChosen(without)
    else if (chosen.length < productsMax) setChosen([...chosen, one])
  }
  const send = async () => {
    if (items.length === 0) throw Object.assign(new Error('empty'), { problem: { title: productTexts.chooseFirst } })
    const named = title.trim()
    await submit({
      items: items.map(itemOf),
      ...(named === '' || items.length < 2 ? {} : { title: named }),
      ...(found.link !== undefined && items.length === 1 ? { link: found.link } : {}),
    })
  }
  return (
    <div className="qun-form">
      <FormText
        label={text(isAdmin ? productTexts.searchLabel : productTexts.linkLabel)}
        value={words}
        max={2_000}
        placeholder={text(isAdmin ? productTexts.search : productTexts.linkPlaceholder)}
        onType={setWords}
        {...(!isAdmin && { hint: text(productTexts.linkHint) })}
      />
      {(isAdmin || words.trim() !== '') && (
        <ProductChoices
          found={found}
          chosen={items.map((one) => one.productId)}
          onToggle={isAdmin ? toggle : () => undefined}
        />
      )}
      <div className="qun-product__foot">
        {isAdmin && chosen.length > 1 && (
          <FormText
            label={text(productTexts.cardTitle)}
            value={title}
            max={40}
            placeholder={text(productTexts.cardTitleHint)}
            onType={setTitle}
          />
        )}
        {isAdmin && <span className="qun-product__count">{text(chosenText(chosen.length, productsMax))}</span>}
        <ActionButton wide onClick={send}>
          {text(productTexts.send)}
        </ActionButton>
      </div>
    </div>
  )
}
