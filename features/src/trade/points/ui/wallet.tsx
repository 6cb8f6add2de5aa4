/** What the sheet of points holds: the balance, what lapses, and the statement page by page. */
import type { GroupId } from '@qun/contract'
import { ClockIcon, instantText, MoreBelow, usePages, useQun, useText } from '@qun/ui'
import { useEffect, useId, useState } from 'react'
import { myStatement, myWallets, type MyWallet, type ProgrammeWallet, type StatementEntry } from '../contract.ts'
import { afterText, countText, namesText, pointsTexts, signedText, soonText } from './texts.ts'

interface Props {
  readonly groupId: GroupId
  /** Undefined while it is being loaded. */
  readonly wallet: MyWallet | undefined
}
export function WalletContent({ groupId, wallet }: Props) {
  return (
    <div className="qun-points">
      <Holding wallet={wallet} />
      <Others own={wallet?.programme} />
      <Statement groupId={groupId} />
    </div>
  )
}

/** Lapsing lots that are shown; later ones say the same. */
const lotsShown = 3
function Holding({ wallet }: { readonly wallet: MyWallet | undefined }) {
  const { locale } = useQun()
  const text = useText()
  const day = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long', day: 'numeric' })
  const lots = wallet?.lots.slice(0, lotsShown) ?? []
  return (
    <div className="qun-points__holding">
      <span className="qun-points__label">{text(pointsTexts.balance)}</span>
      <strong className="qun-points__balance">{wallet === undefined ? '–' : countText(wallet.balance, locale)}</strong>
      {lots.length > 0 && (
        <ul className="qun-points__lots" aria-label={text(pointsTexts.lapses)}>
          {lots.map(({ expiresAt, amount }) => (
            <li key={expiresAt} className="qun-points__lot">
              <ClockIcon size={14} />
              {/* They lapse with that instant, so the day before it is their last. */}
              {text(soonText(countText(amount, locale), day.format(expiresAt - 1)))}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** [PO9] What one has elsewhere, side by side; nothing while it is not known, or when there is none. */
function Others({ own }: { readonly own: string | null | undefined }) {
  const { client, locale } = useQun()
  const text = useText()
  const head = useId()
  const [wallets, setWallets] = useState<readonly ProgrammeWallet[]>([])
  useEffect(() => {
    let isGone = false
    client
      .call(myWallets, {})
      .then((answer) => {
        if (!isGone) setWallets(answer.wallets)
      })
      // The wallet stands without them.
      .catch(() => undefined)
    return () => {
      isGone = true
    }
  }, [client])
  const others = own === undefined ? [] : wallets.filter(({ programme }) => programme !== own)
  if (others.length === 0) return null
  return (
    <section aria-labelledby={head}>
      <h3 id={head} className="qun-points__head">
        {text(pointsTexts.others)}
      </h3>
      <ul>
        {others.map(({ programme, names, balance }) => (
          <li key={programme} className="qun-points__other">
            <bdi className="qun-points__title">{text(namesText(names))}</bdi>
            <span className="qun-points__amount">{countText(balance, locale)}</span>
          </li>
        ))}
      </ul>
      <p className="qun-points__note">{text(pointsTexts.othersNote)}</p>
    </section>
  )
}

function Statement({ groupId }: { readonly groupId: GroupId }) {
  const { client } = useQun()
  const text = useText()
  const head = useId()
  const pages = usePages(groupId, async (cursor) => {
    const query = cursor === undefined ? {} : { before: Number(cursor) }
    const { entries, more } = await client.call(myStatement, { params: { groupId }, query })
    return { items: entries, cursor: more ? String(entries.at(-1)?.entryNo) : null }
  })
  return (
    <section aria-labelledby={head}>
      <h3 id={head} className="qun-points__head">
        {text(pointsTexts.statement)}
      </h3>
      {pages.done && pages.items.length === 0 && <p className="qun-points__nothing">{text(pointsTexts.nothing)}</p>}
      <ol className="qun-points__entries">
        {pages.items.map((entry) => (
          <Line key={entry.entryNo} entry={entry} />
        ))}
      </ol>
      <MoreBelow pages={pages} />
    </section>
  )
}
function Line({ entry }: { readonly entry: StatementEntry }) {
  const { client, locale } = useQun()
  const text = useText()
  const { amount, balanceAfter, title, at } = entry
  const way = amount > 0 ? 'qun-points__amount qun-points__amount--in' : 'qun-points__amount'
  return (
    <li className="qun-points__entry">
      <span className="qun-points__title">{text(title)}</span>
      <span className={way}>{signedText(amount, locale)}</span>
      <span className="qun-points__at">{instantText(at, { now: client.serverNow(), locale })}</span>
      <span className="qun-points__after">{text(afterText(countText(balanceAfter, locale)))}</span>
    </li>
  )
}
