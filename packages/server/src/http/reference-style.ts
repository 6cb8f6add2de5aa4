/** The look of the reference page and its one script: a search box that hides what does not match. */
import { createHash } from 'node:crypto'

export const referenceStyle = `
:root { color-scheme: light dark; --ink: #1b1d1f; --soft: #5d6670; --line: #e3e6e8; --page: #fff; --well: #f6f7f8; --accent: #07795a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaec; --soft: #9aa4ad; --line: #2d3237; --page: #16181a; --well: #1e2124; --accent: #4cc79c; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.6;
  font: 15px/1.6 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 76rem; margin: 0 auto; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: 14px; }
nav h2 { margin: 1.2rem 0 .2rem; font-size: 13px; color: var(--soft); font-weight: 600; }
nav ul { list-style: none; margin: 0; padding: 0; } nav li { padding: 1px 0; overflow-wrap: anywhere; }
nav input { width: 100%; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 8px; background: var(--well); color: inherit; font: inherit; }
main { padding: 1.5rem 2rem 6rem; min-width: 0; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; } h2.part { margin: 3rem 0 .5rem; font-size: 1.3rem; }
.intro { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2.5rem; color: var(--soft); } .intro p { margin: .3rem 0; }
article { border-top: 1px solid var(--line); padding: 1.2rem 0 .6rem; }
article h3 { margin: 0; font-size: 1rem; display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: baseline; }
article > p { margin: .4rem 0; } h4 { margin: .9rem 0 .2rem; font-size: 13px; color: var(--soft); font-weight: 600; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 13px; }
pre { margin: .2rem 0; padding: .7rem .9rem; background: var(--well); border-radius: 8px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.method { font-weight: 700; color: var(--accent); } .by { color: var(--soft); font-size: 13px; font-weight: 400; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } th { text-align: left; color: var(--soft); font-weight: 600; }
td, th { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:target { background: var(--well); } article:target h3 { box-shadow: -1rem 0 0 -0.8rem var(--accent); } .codes { overflow-wrap: anywhere; }
.none { display: none; color: var(--soft); }
[hidden] { display: none !important; }
@media (max-width: 52rem) {
  .frame { grid-template-columns: minmax(0, 1fr); } nav { position: static; height: auto; border: 0; padding-bottom: 0; } nav section { display: none; }
  main { padding: 1rem; } .intro { grid-template-columns: 1fr; }
}
`

export const referenceScript = `
const box = document.querySelector('input[type=search]')
const entries = [...document.querySelectorAll('[data-find]')]
const parts = [...document.querySelectorAll('[data-part]')]
const none = document.querySelector('.none')
function find() {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let shown = 0
  for (const entry of entries) {
    entry.hidden = !words.every((word) => entry.dataset.find.includes(word))
    if (!entry.hidden) shown++
  }
  for (const part of parts) part.hidden = !part.querySelector('[data-find]:not([hidden])')
  none.style.display = shown === 0 ? 'block' : 'none'
}
box.addEventListener('input', find)
document.addEventListener('keydown', (press) => {
  if (press.key === '/' && document.activeElement !== box) { press.preventDefault(); box.focus() }
})
find()
`

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Exactly this script and this style, and nothing from anywhere. */
export const referencePolicy = [
  "default-src 'none'",
  `script-src ${hashOf(referenceScript)}`,
  `style-src ${hashOf(referenceStyle)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
