/** The shop's app: its own pages and tab bar, with Qun's chat as one of the tabs. */
import { Panes, QunProvider, useQun, useReadable } from '@qun/ui'
import { useEffect, useState, type ReactNode } from 'react'
import { isPhoneOrder, wearLook, type Theme } from '../look.ts'
import { personOf, type Lang } from '../story.ts'
import {
  features,
  InvitationOffers,
  InviteAddress,
  JoinPage,
  OfferBanner,
  ProductBuying,
  type Purchase,
} from '@qun/chat/react'
import { CheckoutPage } from './checkout.tsx'
import { HomePage, ProductPage } from './home.tsx'
import { BagIcon, BubbleIcon, PersonIcon, ShopIcon } from './icons.tsx'
import { MePage } from './me.tsx'
import { OrdersPage } from './orders.tsx'
import { go, useRoute, type Route } from './route.ts'
import type { Kept } from '../dealings.ts'
import { signIn, type Shop } from './shop-api.ts'
import { words } from './words.ts'

export interface PhoneAppProps {
  readonly userId: string
  readonly lang: Lang
  readonly startTheme: Theme
}
export function PhoneApp({ userId, lang, startTheme }: PhoneAppProps) {
  const theme = useTheme(startTheme, lang)
  useEffect(() => {
    addEventListener('qun:checkout', openCheckout)
    return () => removeEventListener('qun:checkout', openCheckout)
  }, [])
  const { shop, failed, retry } = useShop(userId)
  if (shop === undefined) {
    return (
      <div className="splash">
        <img src="/art/mark.svg" alt="" width={72} height={72} />
        <p role="status">{failed ? words.failed[lang] : words.signingIn[lang]}</p>
        {failed && (
          <button type="button" className="button" onClick={retry}>
            {words.retry[lang]}
          </button>
        )}
      </div>
    )
  }
  return (
    <InviteAddress value={addressOfInvite}>
      <QunProvider
        client={shop.qun}
        cards={features}
        locale={lang === 'zh' ? 'zh-CN' : 'en'}
        theme={theme}
        className="camellia"
      >
        <ProductBuying value={buyProduct}>
          <Pages shop={shop} lang={lang} />
        </ProductBuying>
        <InvitationOffers onJoined={openGroup} />
      </QunProvider>
    </InviteAddress>
  )
}
const openGroup = (groupId: string) => go({ at: 'messages', groupId })
/** A product card's button opens the shop's own page of it. */
const buyProduct = ({ productId, groupId }: Purchase) => go({ at: 'product', productId, groupId })
/** What a card keeps for somebody is paid on the shop's own page, in this app instead of a new one. */
function openCheckout(event: Event) {
  event.preventDefault()
  go({ at: 'pay', kept: (event as CustomEvent<Kept>).detail })
}
/** Invitations lead to the shop's front door, which opens them inside its app. */
const addressOfInvite = (code: string) => `${location.origin}/?invite=${encodeURIComponent(code)}`

function useTheme(start: Theme, lang: Lang): Theme {
  const [theme, setTheme] = useState(start)
  useEffect(() => {
    const hear = (message: MessageEvent<unknown>) => {
      if (message.origin === location.origin && isPhoneOrder(message.data)) setTheme(message.data.theme)
    }
    addEventListener('message', hear)
    return () => removeEventListener('message', hear)
  }, [])
  useEffect(() => wearLook({ lang, theme }), [lang, theme])
  return theme
}
function useShop(userId: string) {
  const [shop, setShop] = useState<Shop>()
  const [failed, setFailed] = useState(false)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let wanted = true
    let opened: Shop | undefined
    setFailed(false)
    signIn(userId).then(
      (ready) => {
        opened = ready
        if (wanted) setShop(ready)
        else ready.qun.close()
      },
      () => wanted && setFailed(true),
    )
    return () => {
      wanted = false
      opened?.qun.close()
    }
  }, [userId, attempt])
  return { shop, failed, retry: () => setAttempt((count) => count + 1) }
}

function Pages({ shop, lang }: { readonly shop: Shop; readonly lang: Lang }) {
  const route = useRoute()
  // Like any app: the tabs step back while one is inside a conversation or on a page of its own.
  const tabs =
    route.at === 'home' ||
    route.at === 'orders' ||
    route.at === 'me' ||
    (route.at === 'messages' && route.groupId === undefined)
  return (
    <div className={tabs ? 'app' : 'app app--whole'}>
      <div className="app__page">
        <Page route={route} shop={shop} lang={lang} />
      </div>
      {tabs && <TabBar lang={lang} at={route.at} />}
    </div>
  )
}
function Page({ route, shop, lang }: { readonly route: Route; readonly shop: Shop; readonly lang: Lang }): ReactNode {
  switch (route.at) {
    case 'home':
      return <HomePage lang={lang} />
    case 'product':
      return <ProductPage key={route.productId} productId={route.productId} groupId={route.groupId} lang={lang} />
    case 'checkout': {
      const { productId, groupId } = route
      const wish = { productId, ...(groupId !== undefined && { groupId }) }
      return <CheckoutPage key={productId} wish={wish} shop={shop} lang={lang} />
    }
    case 'pay':
      return <CheckoutPage key={route.kept.id} wish={{ kept: route.kept }} shop={shop} lang={lang} />
    case 'orders':
      return <OrdersPage shop={shop} lang={lang} />
    case 'me':
      return <MePage person={personOf(shop.userId)?.person} lang={lang} />
    case 'invite':
      return <JoinPage code={route.code} onJoined={openGroup} onBack={() => go({ at: 'home' })} />
    case 'messages':
      return (
        <div className="chats">
          {route.groupId === undefined && <OfferBanner onJoined={openGroup} />}
          <div className="chats__panes">
            <Panes
              groupId={route.groupId}
              onGroupChange={(groupId) => go(groupId === undefined ? { at: 'messages' } : { at: 'messages', groupId })}
            />
          </div>
        </div>
      )
  }
}

function TabBar({ lang, at }: { readonly lang: Lang; readonly at: Route['at'] }) {
  const { client } = useQun()
  const badge = useReadable(client.badge)
  const tab = (name: 'home' | 'messages' | 'orders' | 'me', label: string, icon: ReactNode, mark?: ReactNode) => (
    <a className="tab" href={name === 'home' ? '#/' : `#/${name}`} aria-current={at === name ? 'page' : undefined}>
      <span className="tab__icon">
        {icon}
        {mark}
      </span>
      {label}
    </a>
  )
  const unread = badge > 0 && (
    <span className="tab__badge">
      {badge > 99 ? '99+' : badge}
      <span className="hidden"> {words.unread[lang]}</span>
    </span>
  )
  return (
    <nav className="tabs" aria-label={words.tabs[lang]}>
      {tab('home', words.home[lang], <ShopIcon />)}
      {tab('messages', words.chats[lang], <BubbleIcon />, unread)}
      {tab('orders', words.ordersTab[lang], <BagIcon />)}
      {tab('me', words.me[lang], <PersonIcon />)}
    </nav>
  )
}
