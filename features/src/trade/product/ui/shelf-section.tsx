/** The shelf on the group page: its products side by side, and for those who run the group the way to arrange it. */
import { PageRow, Sheet, useOpen, useText, type GroupSectionProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import type { LiveProduct } from '../contract.ts'
import { useBuy } from './buying.ts'
import { Row } from './card.tsx'
import { shelfIn, useRecords } from './live.ts'
import { Price, ProductPicture, StockHint, useUnavailable } from './product-parts.tsx'
import { buyText, manyText, productTexts } from './texts.ts'

/** Loaded when somebody first arranges it: members never do. */
const ShelfEditor = lazy(async () => ({ default: (await import('./shelf-editor.tsx')).ShelfEditor }))
/** Products beside each other; the sheet shows all. */
const tilesMax = 8

export function ShelfSection({ group, view, viewer }: GroupSectionProps) {
  const text = useText()
  const products = shelfIn(useRecords(group))
  const all = useOpen()
  const editor = useOpen()
  const isOpen = view.group !== undefined && view.group.disbandedAt === undefined && !view.gone
  const mayEdit = isOpen && viewer.role !== 'member'
  if (products.length === 0 && !mayEdit) return null
  return (
    <>
      {products.length > 0 && (
        <ul className="qun-product__tiles">
          {products.slice(0, tilesMax).map((one) => (
            <Tile key={one.productId} product={one} groupId={group.groupId} />
          ))}
        </ul>
      )}
      {products.length > tilesMax && (
        <PageRow label={text(productTexts.allOfShelf)} value={text(manyText(products.length))} onClick={all.show} />
      )}
      {mayEdit && (
        <PageRow
          label={text(productTexts.editShelf)}
          {...(products.length === 0 && { hint: text(productTexts.emptyShelf) })}
          onClick={editor.show}
        />
      )}
      <Sheet open={all.open} onClose={all.hide} title={productTexts.shelf}>
        <ul className="qun-product__list">
          {products.map((live) => (
            <Row key={live.productId} shown={{ live, sharedFen: undefined, isLive: true }} groupId={group.groupId} />
          ))}
        </ul>
      </Sheet>
      {mayEdit && (
        <Sheet open={editor.open} onClose={editor.hide} title={productTexts.editShelf}>
          {editor.open && (
            <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
              <ShelfEditor groupId={group.groupId} start={products} onDone={editor.hide} />
            </Suspense>
          )}
        </Sheet>
      )}
    </>
  )
}
function Tile({ product, groupId }: { readonly product: LiveProduct; readonly groupId: string }) {
  const text = useText()
  const { buy } = useBuy()
  const unavailable = useUnavailable(product)
  return (
    <li className={unavailable === undefined ? 'qun-product__tile' : 'qun-product__tile qun-product--off'}>
      <button
        type="button"
        disabled={unavailable !== undefined}
        onClick={() => buy({ productId: product.productId, groupId, url: product.url })}
        {...(unavailable === undefined && { 'aria-label': text(buyText(product.title)) })}
      >
        <ProductPicture image={product.image} size="tile" />
        <span className="qun-product__name">{product.title}</span>
        {unavailable === undefined ? (
          <>
            <Price live={product} />
            <StockHint live={product} />
          </>
        ) : (
          <span className="qun-product__why">{unavailable}</span>
        )}
      </button>
    </li>
  )
}
