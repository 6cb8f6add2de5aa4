/**
 * What is left to do with money after a payment: teams that came together or did not (Qun's instructions), and the
 * points the shop gives for what was bought. Tried again until it is done, also after a restart.
 */
import type { Order } from './dealings.ts'
import type { OrderBook } from './orders.ts'
import { QunCallFailed, type QunCalls } from './qun-calls.ts'
import { personOf, productOf, shopIdIn } from './story.ts'

export interface Settlements {
  /** Does what is due now; resolves also when Qun is away. */
  run(): Promise<void>
  stop(): void
}
export interface SettlementsOptions {
  readonly qun: QunCalls
  readonly orders: OrderBook
  readonly now: () => number
  /** Told after orders moved on, so that Qun hears of it. */
  readonly onMoved: () => Promise<void>
}
interface Instruction {
  readonly orderId: string
  readonly what: 'capture' | 'void'
  readonly amountFen: number
}

const everyMs = 3_000
/** One point for each whole yuan. */
const pointsFor = ({ amountFen }: Order) => Math.floor(amountFen / 100)

export function createSettlements({ qun, orders, now, onMoved }: SettlementsOptions): Settlements {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false
  /** False when Qun is away; what it refuses for good is not asked again. */
  const said = async (path: string, body: unknown): Promise<boolean> => {
    try {
      await qun.call('POST', path, body)
      return true
    } catch (error) {
      if (!(error instanceof QunCallFailed)) throw error
      return error.status < 500 && error.status !== 429
    }
  }
  const followTeams = async (): Promise<void> => {
    if (orders.listIn('authorised').length === 0) return
    const { instructions } = (await qun.call('GET', '/group-buys/instructions')) as { instructions: Instruction[] }
    for (const { orderId, what, amountFen } of instructions) {
      const at = now()
      if (what === 'capture') orders.move(orderId, ['authorised'], { state: 'paid', amountFen, paidAt: at })
      else orders.move(orderId, ['authorised', 'pending'], { state: 'cancelled', endedAt: at })
      await said('/group-buys/instructions/done', { orderId, what })
    }
  }
  const givePoints = async (): Promise<void> => {
    for (const order of [...orders.listIn('paid'), ...orders.listIn('received')]) {
      const amount = pointsFor(order)
      if (order.points !== undefined || amount === 0) continue
      const name = productOf(order.productId)?.name
      const title = name && { 'zh-CN': `购物赠积分 · ${name.zh}`, en: `For your order · ${name.en}` }
      // The order is its ref: asked again, nothing moves.
      const { orderId, userId } = order
      const merchantId = shopIdIn(personOf(userId)?.lang ?? 'zh')
      const body = { ref: `shop-${orderId}`, merchantId, orderId, userId, amount, ...(title && { title }) }
      if (await said('/points/grants', body)) orders.note(order.orderId, { points: amount })
    }
  }
  const runAll = async () => {
    try {
      await followTeams()
      await onMoved()
      await givePoints()
    } catch (error) {
      // Qun is away: there is a next time.
      if (!(error instanceof QunCallFailed)) throw error
    }
  }
  const settlements: Settlements = {
    run() {
      running = (running ?? Promise.resolve()).catch(() => undefined).then(runAll)
      clearTimeout(timer)
      if (!stopped) timer = setTimeout(() => void settlements.run(), everyMs)
      return running
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
  return settlements
}
