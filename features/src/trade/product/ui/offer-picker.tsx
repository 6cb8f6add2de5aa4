/** The product a play offers: found by words, shown with what it may cost at least and how many there are. */
import { ActionButton, moneyText, useText, type PickedProduct, type ProductPickerProps } from '@qun/ui'
import { useState } from 'react'
import type { OfferableProduct } from '../contract.ts'
import { ProductChoices, useFound } from './picker.tsx'
import { ProductPicture } from './product-parts.tsx'
import { boundsText, productTexts } from './texts.ts'

const pickedOf = ({ productId, title, image, priceFen, floorFen, stock }: OfferableProduct): PickedProduct => ({
  ...{ productId, title, priceFen, floorFen, stock },
  ...(image === undefined ? {} : { image }),
})
export function OfferPicker(props: ProductPickerProps) {
  return props.picked === undefined ? <Search {...props} /> : <Picked {...props} picked={props.picked} />
}

/** [MER4] Only what the viewer may offer in the group comes up; what has no floor is there, and says so. */
function Search({ group, marks, onPick }: ProductPickerProps) {
  const text = useText()
  const [words, setWords] = useState('')
  const found = useFound(group.groupId, words, 'offers')
  return (
    <div className="qun-product__finder">
      <input
        {...marks}
        className="qun-input"
        value={words}
        maxLength={60}
        placeholder={text(productTexts.offerSearch)}
        onChange={(typed) => setWords(typed.target.value)}
      />
      <div className="qun-product__window">
        <ProductChoices
          found={found}
          chosen={[]}
          onToggle={(product) => onPick(pickedOf(product))}
          noteOf={(product) => text(boundsText(product))}
        />
      </div>
    </div>
  )
}
function Picked({ marks, picked, onPick }: ProductPickerProps & { readonly picked: PickedProduct }) {
  const text = useText()
  return (
    <div {...marks} tabIndex={-1} className="qun-product__picked">
      <ProductPicture image={picked.image} size="row" />
      <span className="qun-product__words">
        <span className="qun-product__name">{picked.title}</span>
        <span className="qun-product__price">
          {text(productTexts.listPrice)} {moneyText(picked.priceFen)}
        </span>
        <span className="qun-product__bounds">{text(boundsText(picked))}</span>
      </span>
      <ActionButton tone="quiet" onClick={() => onPick(undefined)}>
        {text(productTexts.another)}
      </ActionButton>
    </div>
  )
}
