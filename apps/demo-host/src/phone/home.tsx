/** The shelf and the page of one product, with the way to the checkout. */
import { moneyText } from '@qun/ui'
import { productOf, products, shelves, shopName, type Lang, type Product } from '../story.ts'
import { BackIcon } from './icons.tsx'
import { hashOf } from './route.ts'
import { words } from './words.ts'

export function HomePage({ lang }: { readonly lang: Lang }) {
  const [first] = products
  return (
    <div className="scroll">
      <header className="shophead">
        <img src="/art/mark.svg" alt="" width={30} height={30} />
        <h1>{shopName[lang]}</h1>
      </header>
      {first && (
        <a className="hero" href={`#/product/${first.id}`}>
          <span className="hero__words">
            <strong>{words.hello[lang]}</strong>
            <span>{words.heroLine[lang]}</span>
            <em>{words.heroButton[lang]}</em>
          </span>
          <img src={`/art/goods/${first.id}.svg`} alt="" width={148} height={148} />
        </a>
      )}
      {Object.entries(shelves).map(([shelf, name]) => (
        <section key={shelf} className="shelf" aria-labelledby={`shelf-${shelf}`}>
          <h2 id={`shelf-${shelf}`}>{name[lang]}</h2>
          <ul className="shelf__goods">
            {products
              .filter((product) => product.shelf === shelf)
              .map((product) => (
                <ProductTile key={product.id} product={product} lang={lang} />
              ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
function ProductTile({ product, lang }: { readonly product: Product; readonly lang: Lang }) {
  return (
    <li>
      <a className="tile" href={`#/product/${product.id}`}>
        <img src={`/art/goods/${product.id}.svg`} alt="" loading="lazy" />
        <span className="tile__name">{product.name[lang]}</span>
        <span className="tile__line">{product.line[lang]}</span>
        <span className="tile__price">{moneyText(product.priceFen)}</span>
      </a>
    </li>
  )
}

interface ProductPageProps {
  readonly productId: string
  /** The group one came from: its members pay its price. */
  readonly groupId?: string | undefined
  readonly lang: Lang
}
export function ProductPage({ productId, groupId, lang }: ProductPageProps) {
  const product = productOf(productId)
  if (product === undefined) return <p className="nothing">{words.gone[lang]}</p>
  const priceFen = groupId === undefined ? product.priceFen : (product.groupPriceFen ?? product.priceFen)
  const back = groupId === undefined ? '#/' : hashOf({ at: 'messages', groupId })
  return (
    <div className="product">
      <a className="product__back" href={back} aria-label={words.back[lang]}>
        <BackIcon />
      </a>
      {/* Nothing in it takes the focus, and a part that scrolls must be reachable by keyboard. */}
      <div className="scroll" tabIndex={0} role="region" aria-label={product.name[lang]}>
        <img className="product__picture" src={`/art/goods/${product.id}.svg`} alt="" />
        <div className="product__words">
          <p className="product__price">
            {moneyText(priceFen)}
            {priceFen < product.priceFen && (
              <>
                <em className="product__group">{words.groupPrice[lang]}</em>
                <s>{moneyText(product.priceFen)}</s>
              </>
            )}
          </p>
          <h1>{product.name[lang]}</h1>
          <p className="product__line">{product.line[lang]}</p>
          <p className="product__unit">{product.unit[lang]}</p>
          <h2>{words.about[lang]}</h2>
          <p>{product.about[lang]}</p>
          <h2>{words.delivery[lang]}</h2>
          <p>{words.deliveryLine[lang]}</p>
        </div>
      </div>
      <footer className="product__foot">
        <a
          className="button button--wide"
          href={hashOf({ at: 'checkout', productId, ...(groupId !== undefined && { groupId }) })}
        >
          {words.buy[lang]}
        </a>
      </footer>
    </div>
  )
}
