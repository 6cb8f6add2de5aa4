/** What product cards, the picker and the shelf say, in both languages. */
import type { LocalText } from '@qun/contract'
import { moneyText } from '@qun/ui'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })

export const productTexts = {
  kind: say('商品', 'Product'),
  buy: say('去购买', 'Buy'),
  buyShort: say('购买', 'Buy'),
  gone: say('已下架', 'No longer sold'),
  goneShort: say('已下架', 'Gone'),
  soldOut: say('已售罄', 'Sold out'),
  groupPrice: say('群友价', 'Group'),
  shopPrice: say('店铺价', 'Shop'),
  oldPrice: say('原来的价格', 'Price before'),
  sharedPrice: say('发布时的价格，以店铺为准', 'The price when it was posted; the shop has the latest'),
  // the picker
  search: say('搜商品名或分类，也可以粘贴商品链接', 'Search by name, or paste a product link'),
  searchLabel: say('找商品', 'Find products'),
  linkLabel: say('商品链接', 'Product link'),
  linkHint: say(
    '粘贴店铺里商品的链接，发送后是会更新价格的卡片',
    'Paste a link of the shop; it becomes a card with the live price',
  ),
  linkPlaceholder: say('https://', 'https://'),
  notFound: say('没有找到商品', 'No product found'),
  noLinkProduct: say(
    '这个链接不是店铺里的商品，可以当普通消息发送',
    'This link is no product of the shop; send it as a plain message',
  ),
  badLink: say('这不是可以打开的链接', 'This is no link that can be opened'),
  loadFailed: say('商品没有加载出来', 'The products could not be loaded'),
  retry: say('再试一次', 'Try again'),
  more: say('显示更多', 'Show more'),
  loading: say('正在加载商品', 'Loading products'),
  cardTitle: say('卡片标题（可不填）', 'Title of the card (optional)'),
  cardTitleHint: say('例如：本周新品', 'For example: New this week'),
  chosen: say('已选', 'Chosen'),
  send: say('发送商品', 'Send'),
  choose: say('选择', 'Choose'),
  chooseFirst: say('先选一件商品', 'Choose a product first'),
  // what an offer is of
  offerSearch: say('搜商品名或分类', 'Search by name or category'),
  listPrice: say('店铺标价', 'List price'),
  another: say('换一件', 'Change'),
  // a pasted link
  pasted: say('链接里的商品', 'The product of this link'),
  sendAsCard: say('发送为商品卡', 'Send as a card'),
  dismiss: say('不用', 'Dismiss'),
  // the shelf
  shelf: say('商品橱窗', 'Shelf'),
  allOfShelf: say('全部商品', 'All products'),
  editShelf: say('整理橱窗', 'Arrange the shelf'),
  emptyShelf: say('把常卖的商品放进橱窗', 'Put products on the shelf'),
  addToShelf: say('添加商品', 'Add products'),
  onShelf: say('橱窗里的商品', 'On the shelf'),
  shelfHint: say('最多 30 件，按这里的顺序展示', 'At most 30, shown in this order'),
  save: say('保存', 'Save'),
  saved: say('橱窗已更新', 'The shelf is updated'),
  up: say('上移', 'Move up'),
  down: say('下移', 'Move down'),
  remove: say('移出橱窗', 'Take off the shelf'),
} as const

export const manyText = (n: number) => say(`${n} 件商品`, `${n} products`)
export const leftText = (n: number) => say(`仅剩 ${n} 件`, `Only ${n} left`)
export const chosenText = (n: number, max: number) => say(`已选 ${n}/${max}`, `${n} of ${max} chosen`)
/** [MER4] What staff may sell it for, and how many there are. */
export function boundsText({ floorFen, stock }: { readonly floorFen: number | null; readonly stock: number | null }) {
  const [zhFloor, enFloor] =
    floorFen === null ? ['未设底价', 'No floor'] : [`底价 ${moneyText(floorFen)}`, `Floor ${moneyText(floorFen)}`]
  const [zhStock, enStock] = stock === null ? ['库存不限', 'any number'] : [`库存 ${stock}`, `${stock} in stock`]
  return say(`${zhFloor} · ${zhStock}`, `${enFloor} · ${enStock}`)
}
export const buyText = (title: string) => say(`购买 ${title}`, `Buy ${title}`)
export const forOne = (action: LocalText, title: string) =>
  say(`${action['zh-CN']}：${title}`, `${action.en}: ${title}`)
