/** Arranges a shelf: order, remove, add from the catalogue. Nothing is kept before it is saved. */
import type { GroupId } from '@qun/contract'
import { ActionButton, CloseIcon, DownIcon, FormText, UpIcon, useQun, useText } from '@qun/ui'
import { useState } from 'react'
import { setShelf, shelfMax, type LiveProduct } from '../contract.ts'
import { ProductChoices, useFound } from './picker.tsx'
import { ProductPicture } from './product-parts.tsx'
import { chosenText, forOne, productTexts } from './texts.ts'

export interface ShelfEditorProps {
  readonly groupId: string
  readonly start: readonly LiveProduct[]
  readonly onDone: () => void
}
export function ShelfEditor({ groupId, start, onDone }: ShelfEditorProps) {
  const { client, toast } = useQun()
  const text = useText()
  // What is gone cannot be kept.
  const [products, setProducts] = useState(() => start.filter((one) => one.state !== 'gone'))
  const [words, setWords] = useState('')
  const found = useFound(groupId, words, 'catalogue')
  const toggle = (one: LiveProduct) => {
    const without = products.filter((each) => each.productId !== one.productId)
    if (without.length < products.length) setProducts(without)
    else if (products.length < shelfMax) setProducts([...products, one])
  }
  const move = (from: number, to: number) => {
    const next = [...products]
    next.splice(to, 0, ...next.splice(from, 1))
    setProducts(next)
  }
  const save = async () => {
    const body = { productIds: products.map((one) => one.productId) }
    await client.call(setShelf, { params: { groupId: groupId as GroupId }, body })
    toast(productTexts.saved)
    onDone()
  }
  return (
    <div className="qun-form">
      {products.length > 0 && (
        <ol className="qun-product__list" aria-label={text(productTexts.onShelf)}>
          {products.map((one, at) => (
            <li key={one.productId} className="qun-product__item qun-product__sorted">
              <ProductPicture image={one.image} size="row" />
              <span className="qun-product__name">{one.title}</span>
              <SortButton action="up" title={one.title} disabled={at === 0} onClick={() => move(at, at - 1)} />
              <SortButton
                action="down"
                title={one.title}
                disabled={at === products.length - 1}
                onClick={() => move(at, at + 1)}
              />
              <SortButton action="remove" title={one.title} onClick={() => toggle(one)} />
            </li>
          ))}
        </ol>
      )}
      <FormText
        label={text(productTexts.addToShelf)}
        value={words}
        max={2_000}
        placeholder={text(productTexts.search)}
        hint={text(productTexts.shelfHint)}
        onType={setWords}
      />
      <ProductChoices found={found} chosen={products.map((one) => one.productId)} onToggle={toggle} />
      <div className="qun-product__foot">
        <span className="qun-product__count">{text(chosenText(products.length, shelfMax))}</span>
        <ActionButton wide onClick={save}>
          {text(productTexts.save)}
        </ActionButton>
      </div>
    </div>
  )
}
const signs = { up: <UpIcon size={18} />, down: <DownIcon size={18} />, remove: <CloseIcon size={18} /> } as const
interface SortButtonProps {
  readonly action: keyof typeof signs
  readonly title: string
  readonly disabled?: boolean
  readonly onClick: () => void
}
function SortButton({ action, title, disabled = false, onClick }: SortButtonProps) {
  const text = useText()
  return (
    <button
      type="button"
      className="qun-iconbutton"
      aria-label={text(forOne(productTexts[action], title))}
      disabled={disabled}
      onClick={onClick}
    >
      {signs[action]}
    </button>
  )
}
