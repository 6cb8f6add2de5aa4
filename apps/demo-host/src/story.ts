/** The demo shop's people, goods and groups in both languages; knows nothing of how they reach Qun. */
import { groupsEn } from './story-en.ts'
import type { GroupScript, Lang, Words } from './story-script.ts'
import { groupsZh } from './story-zh.ts'

export { openingPoints } from './story-plays.ts'
export type { DrawScript, GroupScript, Lang, Line, PlayScript, Words } from './story-script.ts'

export interface Person {
  readonly key: string
  readonly name: Words
  /** What the host app knows about them; shown in the persona switcher. */
  readonly about: Words
  readonly badge: 'merchant' | 'staff' | null
  /** Offered in the persona switcher. */
  readonly playable: boolean
}

const person = (key: string, zh: string, en: string, aboutZh: string, aboutEn: string): Person => ({
  key,
  name: { zh, en },
  about: { zh: aboutZh, en: aboutEn },
  badge: key === 'wang' ? 'merchant' : key === 'he' ? 'staff' : null,
  playable: ['wang', 'he', 'li', 'zhao', 'sun', 'zhou'].includes(key),
})

export const people: readonly Person[] = [
  person('wang', '王店长', 'Wang', '店主', 'owner of the shop'),
  person('he', '小何', 'He', '店员，烘豆师', 'staff, roaster'),
  person('li', '小李', 'Li', '顾客，住在街对面', 'customer from across the street'),
  person('zhao', '赵阿姨', 'Auntie Zhao', '老友群成员，每周六买面包', 'member, bread every Saturday'),
  person('sun', '孙老师', 'Mr Sun', '老友群成员，爱手冲', 'member, brews by hand'),
  person('zhou', '老周', 'Zhou', '路过的人，不在任何群里', 'passer-by, in no group'),
  person('doudou', '豆豆妈', "Doudou's mum", '', ''),
  person('wu', '小吴', 'Wu', '', ''),
  person('qing', '阿青', 'Qing', '', ''),
  person('liu', '大刘', 'Big Liu', '', ''),
  person('bai', '夜班小白', 'Bai (nights)', '', ''),
  person('lin', '林医生', 'Dr Lin', '', ''),
  person('chen', '骑车的陈哥', 'Chen on wheels', '', ''),
  person('qian', '钱叔', 'Uncle Qian', '', ''),
  person('mei', '阿May', 'May', '', ''),
]

/** The host's id of a person in one language's set: `li` in Chinese, `li-en` in English. */
export function userIdOf(key: string, lang: Lang): string {
  return lang === 'zh' ? key : `${key}-en`
}
export function personOf(userId: string): { person: Person; lang: Lang } | undefined {
  const lang: Lang = userId.endsWith('-en') ? 'en' : 'zh'
  const key = lang === 'en' ? userId.slice(0, -3) : userId
  const found = people.find((candidate) => candidate.key === key)
  return found && { person: found, lang }
}

/** Each language's set of groups belongs to a shop of its own, so that orders invite to the right one. */
export function shopIdIn(lang: Lang): string {
  return lang === 'zh' ? 'camellia' : 'camellia-en'
}
/** The catalogue has one title per product, so each language's shop has products of its own. */
export function productIdIn(key: string, lang: Lang): string {
  return lang === 'zh' ? key : `${key}-en`
}
/** The product of an id in either language; undefined for an id of nothing the shop sells. */
export function productOf(productId: string): Product | undefined {
  return products.find((product) => productId === product.id || productId === productIdIn(product.id, 'en'))
}
export const shopName: Words = { zh: '山茶咖啡', en: 'Camellia Coffee' }
/** The merchant behind a group of the story: the shop, its class, or nobody, for neighbours who bake. */
export function merchantOf(key: GroupScript['key'], lang: Lang): { readonly id: string; readonly name: string } | null {
  const id = shopIdIn(lang)
  if (key === 'friends') return { id, name: shopName[lang] }
  return key === 'brewing' ? { id: `${id}-class`, name: className[lang] } : null
}
const className: Words = { zh: '山茶手冲教室', en: 'Camellia Brewing Class' }
/** Who works for both. */
export const staffKeys: readonly string[] = ['wang', 'he']
/** What the shop says when it invites somebody after an order. */
export const invitationWords: Words = {
  zh: '老友群里有人教冲煮、有人分享面包方子，周末偶尔抽奖。来坐坐？',
  en: 'Our regulars swap brewing tips and bread recipes there, with a small draw now and then. Come and sit with us?',
}

export const groupsIn: Readonly<Record<Lang, readonly GroupScript[]>> = { zh: groupsZh, en: groupsEn }

export interface Product {
  readonly id: string
  readonly name: Words
  readonly line: Words
  readonly about: Words
  readonly unit: Words
  /** Integer fen. */
  readonly priceFen: number
  /** The list price while it is sold for less. */
  readonly originalPriceFen?: number
  /** For members of a group. */
  readonly groupPriceFen?: number
  /** What no play of a group sells it below; without it none sells below the price. */
  readonly floorFen?: number
  /** Pieces there are in all; absent for what is made every day. */
  readonly stock?: number
  readonly shelf: 'coffee' | 'bakery' | 'ware'
}

export const shelves: Readonly<Record<Product['shelf'], Words>> = {
  coffee: { zh: '咖啡', en: 'Coffee' },
  bakery: { zh: '面包', en: 'Bakery' },
  ware: { zh: '器具', en: 'Ware' },
}

export const products: readonly Product[] = [
  {
    id: 'guji',
    shelf: 'coffee',
    priceFen: 8_800,
    groupPriceFen: 7_900,
    floorFen: 4_800,
    stock: 60,
    name: { zh: '古吉 日晒', en: 'Guji Natural' },
    line: { zh: '熟杏、红茶、一点蜂蜜', en: 'Ripe apricot, black tea, a little honey' },
    unit: { zh: '200 克 · 咖啡豆', en: '200 g · whole beans' },
    about: {
      zh: '埃塞俄比亚古吉产区，海拔 2,050 米。周二烘好，养到周五最好喝。建议 91 °C，粉像白砂糖那么粗。',
      en: 'From Guji, Ethiopia, 2,050 m. Roasted on Tuesday, best from Friday. Try 91 °C, ground like white sugar.',
    },
  },
  {
    id: 'drip',
    shelf: 'coffee',
    priceFen: 5_900,
    originalPriceFen: 6_900,
    floorFen: 3_900,
    name: { zh: '山茶挂耳', en: 'Camellia drip bags' },
    line: { zh: '出门也能好好喝一杯', en: 'A proper cup away from home' },
    unit: { zh: '10 包', en: '10 bags' },
    about: {
      zh: '店里的日常拼配，磨好分装，充氮。热水 180 毫升，两分钟。',
      en: 'The house blend, ground, packed with nitrogen. 180 ml of hot water, two minutes.',
    },
  },
  {
    id: 'croissant',
    shelf: 'bakery',
    priceFen: 1_600,
    name: { zh: '黄油可颂', en: 'Butter croissant' },
    line: { zh: '早上七点半出炉', en: 'Out of the oven at half past seven' },
    unit: { zh: '1 只', en: 'each' },
    about: {
      zh: '三折三次，二十七层。下午就不那么脆了，别等。',
      en: 'Folded three times, twenty-seven layers. It will not wait until the afternoon.',
    },
  },
  {
    id: 'matcha-roll',
    shelf: 'bakery',
    priceFen: 2_600,
    name: { zh: '抹茶卷', en: 'Matcha roll' },
    line: { zh: '不太甜，阿姨们说的那种', en: 'Not too sweet, as the aunties like it' },
    unit: { zh: '1 块', en: 'a slice' },
    about: {
      zh: '宇治抹茶，北海道奶油，红豆自己煮。冷藏两天内吃完。',
      en: 'Uji matcha, light cream, red beans we cook ourselves. Keep cold, eat within two days.',
    },
  },
  {
    id: 'sourdough',
    shelf: 'bakery',
    priceFen: 3_200,
    name: { zh: '乡村酸面包', en: 'Country sourdough' },
    line: { zh: '冷藏发酵一夜，周六烤', en: 'Rests a night in the cold, baked on Saturday' },
    unit: { zh: '750 克', en: '750 g' },
    about: {
      zh: '石磨全麦三成，天然酵种。要烤深一点的，下单时说一声。',
      en: 'Three parts stone-ground, wild yeast. Want a dark crust? Say so when you order.',
    },
  },
  {
    id: 'cold-brew',
    shelf: 'coffee',
    priceFen: 2_800,
    name: { zh: '冷萃瓶', en: 'Cold brew bottle' },
    line: { zh: '泡了十六个小时', en: 'Sixteen hours in the making' },
    unit: { zh: '300 毫升', en: '300 ml' },
    about: {
      zh: '加冰喝，或者兑一半牛奶。瓶子带回来退两元。',
      en: 'Over ice, or half and half with milk. Two yuan back for the bottle.',
    },
  },
  {
    id: 'mug',
    shelf: 'ware',
    priceFen: 6_800,
    groupPriceFen: 6_200,
    floorFen: 4_500,
    stock: 7,
    name: { zh: '山茶陶杯', en: 'Camellia mug' },
    line: { zh: '景德镇的朋友烧的', en: 'Fired by a friend in Jingdezhen' },
    unit: { zh: '260 毫升', en: '260 ml' },
    about: {
      zh: '每只釉色都不太一样，随机发。可以进洗碗机。',
      en: 'No two glazes are alike; you get the next one on the shelf. Dishwasher safe.',
    },
  },
  {
    id: 'dripper',
    shelf: 'ware',
    priceFen: 9_800,
    name: { zh: '锥形滤杯', en: 'Cone dripper' },
    line: { zh: '送 40 张滤纸', en: 'With 40 filter papers' },
    unit: { zh: '1–2 人份', en: '1–2 cups' },
    about: {
      zh: '陶瓷，保温好。第一次用之前先用热水冲一遍。',
      en: 'Ceramic, keeps its heat. Rinse it with hot water before the first cup.',
    },
  },
]
