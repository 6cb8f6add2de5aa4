/**
 * Keeps Qun's copy of the shop's catalogue as the shop has it: whole at the start, one product after each sale. A sale
 * never waits for the chat; what could not be told is told whole, a little later.
 */
import type { OrderBook } from './orders.ts'
import { QunCallFailed, type QunCalls } from './qun-calls.ts'
import { productIdIn, products, shopIdIn, shopName, type Lang, type Product } from './story.ts'

export interface Catalogue {
  /** Tells everything; resolves also when Qun is away, and tries again by itself. */
  sync(): Promise<void>
  /** Tells what became of one product. */
  tell(key: string): void
  stop(): void
}
export interface CatalogueOptions {
  readonly qun: QunCalls
  readonly orders: OrderBook
  readonly publicUrl: () => string
}

const retryMs = 5_000
const langs: readonly Lang[] = ['zh', 'en']

/** What is left of a product; undefined for one that is made anew every day. */
export function stockLeft(product: Product, orders: OrderBook): number | undefined {
  return product.stock === undefined ? undefined : Math.max(0, product.stock - orders.countOf(product.id))
}
/** One product as Qun's API wants it. Pictures and addresses are paths of the shop's own pages. */
function entryOf(product: Product, lang: Lang, orders: OrderBook) {
  const stock = stockLeft(product, orders)
  return {
    merchantId: shopIdIn(lang),
    title: product.name[lang],
    image: `/art/goods/${product.id}.svg`,
    priceFen: product.priceFen,
    ...(product.originalPriceFen !== undefined && { originalPriceFen: product.originalPriceFen }),
    ...(product.groupPriceFen !== undefined && { groupPriceFen: product.groupPriceFen }),
    ...(product.floorFen !== undefined && { floorFen: product.floorFen }),
    ...(stock !== undefined && { stock }),
    url: `/?product=${product.id}`,
    categories: [product.shelf],
  }
}

export function createCatalogue({ qun, orders, publicUrl }: CatalogueOptions): Catalogue {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let telling: Promise<void> = Promise.resolve()
  const retryLater = () => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void catalogue.sync(), retryMs)
  }
  /** False when it is worth another try; a refusal today is a refusal tomorrow. */
  const put = async (path: string, body: unknown): Promise<boolean> => {
    try {
      await qun.call('PUT', path, body)
      return true
    } catch (error) {
      if (!(error instanceof QunCallFailed)) throw error
      return error.status < 500 && error.status !== 429
    }
  }
  const catalogue: Catalogue = {
    async sync() {
      const all = products.flatMap((product) =>
        langs.map((lang) => ({ productId: productIdIn(product.id, lang), ...entryOf(product, lang, orders) })),
      )
      // Whose goods they are; the shop itself knows best.
      const merchants = langs.map((lang) => put(`/merchants/${shopIdIn(lang)}`, { name: shopName[lang] }))
      const told =
        (await Promise.all(merchants)).every((one) => one) &&
        (await put('/products', { products: all })) &&
        (await put('/product-links', { patterns: [`${publicUrl()}/?product={productId}`] }))
      if (!told) retryLater()
    },
    tell(key) {
      const product = products.find((one) => one.id === key)
      if (product === undefined) return
      // One after another: what is told last is what stands.
      telling = telling.then(async () => {
        for (const lang of langs) {
          const path = `/products/${encodeURIComponent(productIdIn(product.id, lang))}`
          if (!(await put(path, entryOf(product, lang, orders)))) return retryLater()
        }
      })
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
  return catalogue
}
