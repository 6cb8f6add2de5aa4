/** Finds products of the catalogue: by words for those who run the group, by a pasted link for everybody. */
import type { GroupId } from '@qun/contract'
import { ActionButton, CheckIcon, useQun, useText } from '@qun/ui'
import { useEffect, useState } from 'react'
import { offerableProducts, resolveLink, searchProducts, type LiveProduct, type OfferableProduct } from '../contract.ts'
import { linkKeyOf } from '../rules.ts'
import { Price, ProductPicture, StockHint } from './product-parts.tsx'
import { productTexts } from './texts.ts'

/** What may be found: what a link leads to, the catalogue beside it, or what one may offer in the group. */
export type Reach = 'links' | 'catalogue' | 'offers'
/** What was found, or why nothing was. */
export interface Found<P = LiveProduct> {
  readonly products: readonly P[]
  readonly state: 'loading' | 'done' | 'failed' | 'no-product' | 'bad-link'
  /** The link it came from. */
  readonly link?: string
  readonly more?: () => void
  readonly retry: () => void
}
/** Typing goes on for a moment before the server is asked. */
const pauseMs = 250
const pageSize = 30

/** Searches while one types; a link is resolved instead, but for offers. */
export function useFound(groupId: string, words: string, reach: 'offers'): Found<OfferableProduct>
export function useFound(groupId: string, words: string, reach: Reach): Found
export function useFound(groupId: string, words: string, reach: Reach): Found {
  const { client } = useQun()
  const [found, setFound] = useState<Omit<Found, 'retry' | 'more'>>({ products: [], state: 'done' })
  const [after, setAfter] = useState<string>()
  const [tries, setTries] = useState(0)
  const [hasMore, setHasMore] = useState(false)
  const asked = words.trim()
  const isLink = reach !== 'offers' && linkKeyOf(asked) !== undefined
  useEffect(() => setAfter(undefined), [asked])
  useEffect(() => {
    let wanted = true
    const params = { groupId: groupId as GroupId }
    const ask = async (): Promise<Omit<Found, 'retry' | 'more'>> => {
      if (isLink) {
        const { product } = await client.call(resolveLink, { params, query: { url: asked } })
        return product === null
          ? { products: [], state: 'no-product' }
          : { products: [product], state: 'done', link: asked }
      }
      if (reach === 'links') return { products: [], state: asked === '' ? 'done' : 'bad-link' }
      const query = { words: asked, limit: pageSize, ...(after === undefined ? {} : { after }) }
      const endpoint = reach === 'offers' ? offerableProducts : searchProducts
      const { products } = await client.call(endpoint, { params, query })
      setHasMore(products.length === pageSize)
      return { products, state: 'done' }
    }
    setHasMore(false)
    setFound((before) => ({ products: after === undefined ? [] : before.products, state: 'loading' }))
    const timer = setTimeout(() => {
      ask().then(
        (next) => wanted && setFound((before) => ({ ...next, products: [...before.products, ...next.products] })),
        () => wanted && setFound({ products: [], state: 'failed' }),
      )
    }, pauseMs)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [client, groupId, asked, isLink, reach, after, tries])
  const last = found.products.at(-1)?.productId
  return {
    ...found,
    ...(hasMore && last !== undefined && { more: () => setAfter(last) }),
    retry: () => setTries((count) => count + 1),
  }
}

export interface ProductChoicesProps<P> {
  readonly found: Found<P>
  readonly chosen: readonly string[]
  readonly onToggle: (product: P) => void
  /** A line below the price. */
  readonly noteOf?: (product: P) => string
}
/** What was found, each to be chosen or taken back. */
export function ProductChoices<P extends LiveProduct>({ found, chosen, onToggle, noteOf }: ProductChoicesProps<P>) {
  const text = useText()
  const { products, state, more, retry } = found
  return (
    <div className="qun-product__choices">
      <ul className="qun-product__list">
        {products.map((one) => (
          <Choice
            key={one.productId}
            product={one}
            on={chosen.includes(one.productId)}
            onToggle={() => onToggle(one)}
            note={noteOf?.(one)}
          />
        ))}
      </ul>
      <div role="status" className="qun-product__status">
        {state === 'loading' && (
          <>
            <span className="qun-spinner" aria-hidden="true" />
            <span className="qun-hidden">{text(productTexts.loading)}</span>
          </>
        )}
        {state === 'failed' && text(productTexts.loadFailed)}
        {state === 'no-product' && text(productTexts.noLinkProduct)}
        {state === 'bad-link' && text(productTexts.badLink)}
        {state === 'done' && products.length === 0 && found.link === undefined && text(productTexts.notFound)}
      </div>
      {state === 'failed' && (
        <ActionButton tone="quiet" onClick={retry}>
          {text(productTexts.retry)}
        </ActionButton>
      )}
      {more && (
        <ActionButton tone="quiet" wide onClick={more}>
          {text(productTexts.more)}
        </ActionButton>
      )}
    </div>
  )
}
interface ChoiceProps {
  readonly product: LiveProduct
  readonly on: boolean
  readonly onToggle: () => void
  readonly note: string | undefined
}
function Choice({ product, on, onToggle, note }: ChoiceProps) {
  const text = useText()
  return (
    <li className="qun-product__item">
      <button type="button" className="qun-product__row" aria-pressed={on} onClick={onToggle}>
        <ProductPicture image={product.image} size="row" />
        <span className="qun-product__words">
          <span className="qun-product__name">
            <span className="qun-hidden">{text(productTexts.choose)} </span>
            {product.title}
          </span>
          <Price live={product} />
          {note === undefined ? <StockHint live={product} /> : <span className="qun-product__bounds">{note}</span>}
        </span>
        <span className={on ? 'qun-product__mark qun-product__mark--on' : 'qun-product__mark'}>
          {on && <CheckIcon size={16} />}
        </span>
      </button>
    </li>
  )
}
