/** A headless Chromium for journeys: finds one, gives it a Chinese font, and remembers every complaint of a page. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium, type Browser, type BrowserContext } from 'playwright-core'

/** Like a visitor's browser: no shortcut around the same-origin rules, which the embedding depends on. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--no-zygote',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--font-render-hinting=none',
]

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(), headless: true, args })
}
/** `QUN_CHROMIUM`, else the system's, else the one that comes as a package (Linux x64). */
async function findChromium(): Promise<string> {
  const given = process.env['QUN_CHROMIUM']
  if (given !== undefined) return given
  if (existsSync('/usr/bin/chromium')) return '/usr/bin/chromium'
  const packaged = await import('@sparticuz/chromium')
  return packaged.default.executablePath()
}

export interface Device {
  readonly width: number
  readonly height: number
  readonly phone: boolean
}
export const desktop: Device = { width: 1_440, height: 900, phone: false }
export const phone: Device = { width: 390, height: 844, phone: true }

export interface Look {
  readonly device: Device
  readonly lang: 'zh' | 'en'
  readonly theme: 'light' | 'dark'
  /** For a reader who asked the system for less motion. */
  readonly still?: boolean
}
/** What pages complained about: console errors and uncaught exceptions. A journey ends with none. */
export type Complaints = string[]

export async function openContext(browser: Browser, look: Look, complaints: Complaints): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: look.device.width, height: look.device.height },
    deviceScaleFactor: look.device.phone ? 2 : 1,
    isMobile: look.device.phone,
    hasTouch: look.device.phone,
    locale: look.lang === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Asia/Shanghai',
    colorScheme: look.theme,
    reducedMotion: look.still ? 'reduce' : 'no-preference',
  })
  await addFont(context)
  context.on('page', (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`)
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  return context
}

/** Under this path pages find the font; it is answered here and never reaches a server. */
const fontPath = '/journey-font/'
const fontPackage = '@fontsource-variable/noto-sans-sc'

/** A Chromium from a package has no Chinese font. Without the font package the system's fonts have to do. */
async function addFont(context: BrowserContext): Promise<void> {
  const dir = findFontDir()
  if (dir === undefined) return
  const faces = readFileSync(join(dir, 'index.css'), 'utf8')
    .replaceAll('./files/', fontPath)
    .replaceAll('Noto Sans SC Variable', 'Noto Sans SC')
  await context.route(`**${fontPath}*`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(fontPath.length)
    return route.fulfill({ path: join(dir, 'files', name), contentType: 'font/woff2' })
  })
  // After each navigation: a frame that starts on a blank page keeps its window, where an initial script ran already.
  context.on('page', (page) => {
    page.on('framenavigated', (frame) => void frame.evaluate(addStyle, faces).catch(() => undefined))
  })
}
/** Runs in the page. A frame that goes on to another page meanwhile gets it there. */
function addStyle(css: string): void {
  const add = () => {
    const style = document.createElement('style')
    style.textContent = css
    document.head.append(style)
  }
  if (document.head) add()
  else document.addEventListener('DOMContentLoaded', add)
}
let fontDir: { readonly path: string | undefined } | undefined
function findFontDir(): string | undefined {
  fontDir ??= { path: lookForFont() }
  return fontDir.path
}
function lookForFont(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${fontPackage}/index.css`))
  } catch {
    console.warn(`${fontPackage} is not installed: pictures use the system's fonts`)
    return undefined
  }
}
