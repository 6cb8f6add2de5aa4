/** Two phones side by side, and what happened in the API below them; on a real phone it is one. */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { wearLook, type Look, type PhoneOrder, type Theme } from '../look.ts'
import { people, shopName, userIdOf, type Lang } from '../story.ts'
import { ApiLog } from './api-log.tsx'
import { ChevronIcon, LanguageIcon, MoonIcon, SunIcon } from './icons.tsx'
import { words } from './words.ts'

/** Below this width one phone fills the screen. */
const twoPhonesFromPx = 820
const playable = people.filter((person) => person.playable)

export interface FrontPageProps {
  readonly start: Look
  /** From an invitation's address: the first phone opens the page before joining. */
  readonly inviteCode: string | undefined
  /** From a product's address: the first phone opens its page. */
  readonly productId: string | undefined
  /** From an address of the checkout: the place in the app where what is kept is paid. */
  readonly kept: string | undefined
}
export function FrontPage({ start, inviteCode, productId, kept }: FrontPageProps) {
  const [lang, setLang] = useState<Lang>(start.lang)
  const [theme, setTheme] = useState<Theme>(start.theme)
  const [customer, setCustomer] = useState(inviteCode === undefined ? 'li' : 'zhou')
  const [merchant, setMerchant] = useState('wang')
  const wide = useWindowWide()
  useEffect(() => wearLook({ lang, theme }), [lang, theme])
  const looks = { lang, theme, onLang: setLang, onTheme: setTheme }
  const first = (
    <Phone
      side="customer"
      lang={lang}
      theme={theme}
      holder={customer}
      {...(inviteCode !== undefined && { inviteCode })}
      {...(productId !== undefined && { productId })}
      {...(kept !== undefined && { kept })}
    />
  )
  if (!wide) {
    return (
      <main className="one">
        <HolderMenu holder={customer} onHolder={setCustomer} {...looks} />
        {first}
      </main>
    )
  }
  return (
    <div className="front">
      <Head {...looks} />
      <main className="stage">
        <Guide lang={lang} />
        <section className="seat" aria-label={words.customer[lang]}>
          <HolderBar side="customer" lang={lang} holder={customer} onHolder={setCustomer} />
          {first}
        </section>
        <section className="seat" aria-label={words.merchant[lang]}>
          <HolderBar side="merchant" lang={lang} holder={merchant} onHolder={setMerchant} />
          <Phone side="merchant" lang={lang} theme={theme} holder={merchant} />
        </section>
      </main>
      <ApiLog lang={lang} />
    </div>
  )
}

function useWindowWide(): boolean {
  const media = matchMedia(`(min-width: ${twoPhonesFromPx}px)`)
  return useSyncExternalStore(
    (listener) => {
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => media.matches,
  )
}

interface LooksProps {
  readonly lang: Lang
  readonly theme: Theme
  readonly onLang: (lang: Lang) => void
  readonly onTheme: (theme: Theme) => void
}
function Head(looks: LooksProps) {
  const { lang } = looks
  return (
    <header className="head">
      <img className="head__mark" src="/art/mark.svg" alt="" width={44} height={44} />
      <div className="head__words">
        <h1 className="head__name">{shopName[lang]}</h1>
        <p className="head__tagline">{words.tagline[lang]}</p>
      </div>
      <div className="head__looks">
        <LookButtons {...looks} />
      </div>
    </header>
  )
}
function LookButtons({ lang, theme, onLang, onTheme }: LooksProps) {
  return (
    <>
      <button type="button" className="look" onClick={() => onLang(lang === 'zh' ? 'en' : 'zh')}>
        <LanguageIcon />
        <span lang={lang === 'zh' ? 'en' : 'zh-CN'}>{words.languageName[lang]}</span>
      </button>
      <button
        type="button"
        className="look"
        onClick={() => onTheme(theme === 'light' ? 'dark' : 'light')}
        aria-label={words[theme === 'light' ? 'dark' : 'light'][lang]}
      >
        {theme === 'light' ? <MoonIcon /> : <SunIcon />}
      </button>
    </>
  )
}
function Guide({ lang }: { readonly lang: Lang }) {
  return (
    <aside className="guide">
      <p className="guide__lead">{words.lead[lang]}</p>
      <h2 className="guide__title">{words.steps[lang]}</h2>
      <ol className="guide__steps">
        <li>{words.step1[lang]}</li>
        <li>{words.step2[lang]}</li>
        <li>{words.step3[lang]}</li>
      </ol>
      <p className="guide__hint">{words.hint[lang]}</p>
    </aside>
  )
}

interface HolderProps {
  readonly lang: Lang
  readonly holder: string
  readonly onHolder: (key: string) => void
}
/** Everybody who can hold the phone, as faces; the chosen one with name and role. */
function HolderBar({ side, lang, holder, onHolder }: HolderProps & { readonly side: string }) {
  const held = playable.find((person) => person.key === holder)
  return (
    <fieldset className="holder">
      <legend className="holder__legend">{words.holder[lang]}</legend>
      <div className="holder__faces">
        {playable.map((person) => (
          <label key={person.key} className="holder__face" title={`${person.name[lang]} · ${person.about[lang]}`}>
            <input
              type="radio"
              name={`holder-${side}`}
              checked={person.key === holder}
              onChange={() => onHolder(person.key)}
            />
            <img src={`/art/people/${person.key}.svg`} alt={person.name[lang]} width={40} height={40} />
          </label>
        ))}
      </div>
      <p className="holder__who" aria-live="polite">
        <strong>{held?.name[lang]}</strong> <span>{held?.about[lang]}</span>
      </p>
    </fieldset>
  )
}

/** The same on a real phone: one line that opens a list. */
function HolderMenu(props: HolderProps & LooksProps) {
  const { lang, holder, onHolder } = props
  const menu = useRef<HTMLDetailsElement>(null)
  const held = playable.find((person) => person.key === holder)
  const choose = (key: string) => {
    onHolder(key)
    if (menu.current) menu.current.open = false
  }
  return (
    <details className="menu" ref={menu}>
      <summary className="menu__summary">
        <img className="menu__face" src={`/art/people/${holder}.svg`} alt="" width={30} height={30} />
        <span className="menu__name">{held?.name[lang]}</span>
        <span className="menu__about">{held?.about[lang]}</span>
        <ChevronIcon />
      </summary>
      <div className="menu__panel">
        <p className="menu__lead">{words.holder[lang]}</p>
        <ul className="menu__people">
          {playable.map((person) => (
            <li key={person.key}>
              <button
                type="button"
                className="menu__person"
                aria-pressed={person.key === holder}
                onClick={() => choose(person.key)}
              >
                <img className="menu__face" src={`/art/people/${person.key}.svg`} alt="" width={40} height={40} />
                <span>
                  <strong>{person.name[lang]}</strong>
                  <small>{person.about[lang]}</small>
                </span>
              </button>
            </li>
          ))}
        </ul>
        <p className="menu__lead">{words.appearance[lang]}</p>
        <div className="menu__looks">
          <LookButtons {...props} />
        </div>
      </div>
    </details>
  )
}

interface PhoneProps {
  readonly side: 'customer' | 'merchant'
  readonly lang: Lang
  readonly theme: Theme
  readonly holder: string
  readonly inviteCode?: string | undefined
  readonly productId?: string | undefined
  readonly kept?: string | undefined
}
/** Where a phone opens: at what the address asks for; the shopkeeper's at the messages. */
function placeOf({ side, inviteCode, productId, kept }: Omit<PhoneProps, 'lang' | 'theme' | 'holder'>): string {
  if (kept !== undefined) return kept
  if (inviteCode !== undefined) return `#/invite/${encodeURIComponent(inviteCode)}`
  if (productId !== undefined) return `#/product/${encodeURIComponent(productId)}`
  return side === 'merchant' ? '#/messages' : ''
}
/** A frame of its own: its client, its session and its storage are as apart as on two devices. */
function Phone({ side, lang, theme, holder, ...asked }: PhoneProps) {
  const frame = useRef<HTMLIFrameElement>(null)
  // A change of light must not restart the client inside, so the address keeps the first theme.
  const [firstTheme] = useState(theme)
  const userId = userIdOf(holder, lang)
  useEffect(() => {
    const order: PhoneOrder = { type: 'qun-demo-look', theme }
    frame.current?.contentWindow?.postMessage(order, location.origin)
  }, [theme])
  const place = placeOf({ side, ...asked })
  return (
    <div className="phone">
      {/* Our own page of our own origin: a sandbox that lets it work would be none. */}
      {/* oxlint-disable-next-line react/iframe-missing-sandbox */}
      <iframe
        ref={frame}
        key={userId}
        className="phone__screen"
        title={words[side][lang]}
        src={`/phone?persona=${userId}&theme=${firstTheme}${place}`}
        allow="clipboard-write"
        onLoad={() =>
          frame.current?.contentWindow?.postMessage(
            { type: 'qun-demo-look', theme } satisfies PhoneOrder,
            location.origin,
          )
        }
      />
    </div>
  )
}
