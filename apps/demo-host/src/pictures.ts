/** Draws the shop's goods and the photos people post, as SVG text; knows nothing of where they are shown. */

const svg = (width: number, height: number, inside: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inside}</svg>`

const stage = (ground: string, floor: string) =>
  `<rect width="400" height="400" fill="${ground}"/><path d="M0 292q200-22 400 0v108H0z" fill="${floor}"/>`
const shadow = (cx: number, cy: number, rx: number) =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${Math.round(rx / 7)}" fill="#3a2416" opacity=".16"/>`
const bean = (x: number, y: number, turn: number, tone = '#6a4028') =>
  `<g transform="translate(${x} ${y}) rotate(${turn})"><ellipse rx="17" ry="12" fill="${tone}"/>` +
  `<path d="M-15 0q7-6 15 0t15 0" stroke="#3a2114" stroke-width="2.6" fill="none"/></g>`
const flower = (x: number, y: number, size: number, petal: string, heart: string) => {
  const petals = [0, 72, 144, 216, 288].map(
    (turn) => `<ellipse cy="-10" rx="8.5" ry="10.5" transform="rotate(${turn})" fill="${petal}"/>`,
  )
  return `<g transform="translate(${x} ${y}) scale(${size})">${petals.join('')}<circle r="6" fill="${heart}"/></g>`
}
const steam = (x: number, y: number) =>
  `<g stroke="#fff" stroke-width="6" fill="none" stroke-linecap="round" opacity=".75">` +
  `<path d="M${x} ${y}q-12-18 0-34t0-34"/><path d="M${x + 30} ${y + 4}q-12-16 0-30t0-30"/></g>`

const goods: Readonly<Record<string, () => string>> = {
  guji: () =>
    stage('#f6dfb9', '#e9c48c') +
    shadow(200, 332, 104) +
    `<path d="M122 116h156l16 206q-94 20-188 0z" fill="#b5543c"/><path d="M122 116h156l3 34H119z" fill="#94412d"/>` +
    `<path d="M128 96h144v22H128z" fill="#c96a4d"/><path d="M262 118l16 0 16 204q-14 5-30 7z" fill="#000" opacity=".1"/>` +
    `<rect x="144" y="176" width="112" height="104" rx="10" fill="#fff5e4"/>` +
    flower(200, 214, 1.55, '#e58a72', '#f7c95c') +
    `<path d="M164 252h72M176 264h48" stroke="#b5543c" stroke-width="5" stroke-linecap="round"/>` +
    bean(92, 338, 20) +
    bean(120, 356, -30, '#7c4c30') +
    bean(304, 346, 40) +
    bean(336, 330, -12, '#7c4c30') +
    bean(278, 364, 8),
  drip: () =>
    stage('#dcebe4', '#bcd7ca') +
    shadow(200, 330, 120) +
    `<g transform="rotate(-9 150 240)"><rect x="86" y="136" width="128" height="180" rx="8" fill="#0a7d6f"/><rect x="86" y="136" width="128" height="26" rx="8" fill="#075f55"/>` +
    flower(150, 222, 1.5, '#f5b8a8', '#f7d774') +
    `<path d="M118 270h64M130 284h40" stroke="#d7efe6" stroke-width="6" stroke-linecap="round"/></g>` +
    `<g transform="rotate(8 262 250)"><rect x="204" y="150" width="118" height="166" rx="8" fill="#fffaf0"/><rect x="204" y="150" width="118" height="24" rx="8" fill="#eadfc8"/>` +
    flower(263, 228, 1.35, '#d66a5c', '#f7c95c') +
    `<path d="M234 274h58M246 288h34" stroke="#b79f7c" stroke-width="6" stroke-linecap="round"/></g>`,
  croissant: () =>
    stage('#fbe9cf', '#f0d0a0') +
    `<ellipse cx="200" cy="318" rx="142" ry="24" fill="#fffaf0"/><ellipse cx="200" cy="314" rx="122" ry="17" fill="#f3e6d0"/>` +
    `<path d="M76 286q-6-92 82-128 42-16 84 0 88 36 82 128-4 18-24 14-22-52-58-58-42-10-84 0-36 6-58 58-20 4-24-14z" fill="#d9913f"/>` +
    `<path d="M150 162q-20 40-14 82 22-8 42-8 0-44 16-82-24 0-44 8zM250 162q20 40 14 82-22-8-42-8 0-44-16-82 24 0 44 8z" fill="#edb263"/>` +
    `<path d="M112 196q-16 34-10 84M288 196q16 34 10 84M176 156q-14 40-10 82M224 156q14 40 10 82" stroke="#a9631f" stroke-width="5" fill="none" stroke-linecap="round" opacity=".6"/>` +
    `<path d="M96 232q6-30 26-48M168 168q16-8 34-8" stroke="#fbe0ad" stroke-width="7" fill="none" stroke-linecap="round"/>`,
  'matcha-roll': () =>
    stage('#e3ecd0', '#c6d7a6') +
    `<ellipse cx="200" cy="318" rx="146" ry="22" fill="#fff"/>` +
    `<path d="M182 178h96q46 6 46 66t-46 66h-96z" fill="#7f9f45"/><path d="M182 178h96q20 3 32 20H196z" fill="#96b558"/>` +
    `<circle cx="168" cy="244" r="72" fill="#8fb04f"/><circle cx="168" cy="244" r="58" fill="#fdf7e6"/>` +
    `<path d="M168 244m0-40a40 40 0 1 1-38 28 30 30 0 0 1 60-2 20 20 0 0 1-38 6" fill="none" stroke="#8fb04f" stroke-width="15" stroke-linecap="round"/>` +
    `<g fill="#8c3b3b"><circle cx="136" cy="214" r="6"/><circle cx="202" cy="268" r="6"/><circle cx="150" cy="282" r="5"/><circle cx="206" cy="222" r="5"/></g>` +
    `<g fill="#fff" opacity=".7"><circle cx="244" cy="196" r="4"/><circle cx="270" cy="188" r="3"/><circle cx="288" cy="204" r="4"/><circle cx="228" cy="186" r="3"/></g>`,
  sourdough: () =>
    stage('#efe1d2', '#d9bfa4') +
    `<rect x="52" y="304" width="296" height="26" rx="12" fill="#a9784c"/><rect x="52" y="304" width="296" height="9" rx="4" fill="#bf8d5d"/>` +
    `<path d="M70 306q-8-130 130-134 138 4 130 134z" fill="#b8753a"/><path d="M84 306q-4-112 116-118 120 6 116 118z" fill="#cb8a4a"/>` +
    `<path d="M128 240q60-66 146-38-74 0-118 62z" fill="#f3dcb4"/><path d="M128 240q60-66 146-38" stroke="#8a4f22" stroke-width="7" fill="none" stroke-linecap="round"/>` +
    `<g stroke="#f3dcb4" stroke-width="5" stroke-linecap="round"><path d="M246 262l22 16M266 248l22 16M226 276l20 16"/><path d="M108 278l18-14"/></g>` +
    `<g fill="#fff" opacity=".55"><circle cx="180" cy="204" r="3"/><circle cx="204" cy="196" r="2"/><circle cx="228" cy="222" r="3"/><circle cx="160" cy="284" r="3"/></g>`,
  'cold-brew': () =>
    stage('#cfe0ea', '#a9c6d6') +
    shadow(200, 338, 82) +
    `<path d="M168 96h64v46q34 24 34 62v116q0 18-20 18h-92q-20 0-20-18V204q0-38 34-62z" fill="#4a2a1c"/>` +
    `<path d="M134 226h132v94q0 18-20 18h-92q-20 0-20-18z" fill="#2f1910" opacity=".5"/><rect x="162" y="72" width="76" height="30" rx="7" fill="#f1d9a8"/>` +
    `<rect x="148" y="212" width="104" height="86" rx="10" fill="#fdf6e8"/>` +
    flower(200, 242, 1.2, '#86b9c8', '#f7d774') +
    `<path d="M172 276h56" stroke="#4a2a1c" stroke-width="5" stroke-linecap="round"/><path d="M150 206q6-34 28-50" stroke="#fff" stroke-width="7" opacity=".45" fill="none" stroke-linecap="round"/>` +
    `<g fill="#ffffffb0" stroke="#fff" stroke-width="3"><rect x="290" y="300" width="44" height="40" rx="8" transform="rotate(12 312 320)"/><rect x="72" y="308" width="38" height="34" rx="8" transform="rotate(-14 90 324)"/></g>`,
  mug: () =>
    stage('#f4d8d2', '#e4b7ae') +
    shadow(190, 328, 106) +
    steam(170, 150) +
    `<path d="M272 206h26q36 4 32 44-6 40-66 40" fill="none" stroke="#eef0e6" stroke-width="22"/>` +
    `<path d="M98 172h184v92q0 62-62 62h-60q-62 0-62-62z" fill="#f7f7ef"/><path d="M98 250q46 22 92 4t92 6q2 66-62 66h-60q-62 0-62-62z" fill="#9fc0b2"/>` +
    `<ellipse cx="190" cy="172" rx="92" ry="19" fill="#e5e7da"/><ellipse cx="190" cy="174" rx="78" ry="13" fill="#6a3f28"/>` +
    flower(156, 232, 1.35, '#e07a78', '#f7c95c') +
    flower(218, 246, 0.95, '#eda3a0', '#f7d774') +
    `<path d="M182 256q12-4 22 4" stroke="#4f7f6c" stroke-width="5" fill="none" stroke-linecap="round"/>`,
  dripper: () =>
    stage('#e2ddef', '#c7bddd') +
    shadow(200, 342, 92) +
    `<path d="M132 262h136l-8 62q-4 18-24 18h-72q-20 0-24-18z" fill="#ffffff90" stroke="#fff" stroke-width="5"/><path d="M140 300h120l-4 24q-4 14-22 14h-68q-18 0-22-14z" fill="#7a4a2e"/>` +
    `<path d="M268 276q34 0 30 26t-38 22" fill="none" stroke="#ffffffb0" stroke-width="11"/>` +
    `<rect x="112" y="244" width="176" height="18" rx="9" fill="#f4f1fa"/><path d="M96 146h208l-66 98h-76z" fill="#fbf9ff"/><path d="M250 146h54l-66 98h-18z" fill="#d9d1ea"/>` +
    `<ellipse cx="200" cy="146" rx="104" ry="18" fill="#ece6f6"/><ellipse cx="200" cy="147" rx="88" ry="12" fill="#6a4028"/>` +
    `<path d="M128 160l34 72M156 166l22 70" stroke="#e3dcf0" stroke-width="5" stroke-linecap="round"/>` +
    steam(182, 124),
}

/** A square picture of a product, 400 × 400; undefined for one the shop does not sell. */
export function drawProduct(id: string): string | undefined {
  const inside = goods[id]
  return inside && svg(400, 400, inside())
}

const photos = {
  cat: () =>
    `<rect width="800" height="600" fill="#e9d8bf"/><rect y="60" width="800" height="150" fill="#d7bd98"/><g fill="#8f5f3c"><rect x="70" y="90" width="70" height="120" rx="8"/><rect x="160" y="110" width="60" height="100" rx="8"/><rect x="640" y="84" width="76" height="126" rx="8"/></g>` +
    `<g fill="#f4ead9"><rect x="82" y="122" width="46" height="44" rx="4"/><rect x="170" y="138" width="40" height="36" rx="4"/><rect x="652" y="118" width="52" height="46" rx="4"/></g>` +
    `<rect y="410" width="800" height="190" fill="#9a6a45"/><rect y="410" width="800" height="22" fill="#b78359"/>` +
    `<g><rect x="520" y="270" width="180" height="120" rx="14" fill="#3d4a4a"/><rect x="540" y="288" width="140" height="66" rx="8" fill="#bfe0d6"/><rect x="500" y="384" width="220" height="40" rx="10" fill="#2d3838"/></g>` +
    `<path d="M120 414q-10-120 140-128 180-4 204 96 4 30-12 32z" fill="#e39a4a"/><path d="M230 290q26 50 12 122M300 288q30 56 16 124M368 302q24 50 14 110" stroke="#c27726" stroke-width="18" fill="none" stroke-linecap="round"/>` +
    `<path d="M452 408q70 10 66-40-2-24-26-22" fill="none" stroke="#e39a4a" stroke-width="30" stroke-linecap="round"/>` +
    `<path d="M92 330l8-66 44 34q30-6 56 4l46-30 4 70q14 84-76 88-96-2-82-100z" fill="#eba656"/><path d="M108 300l4-22 18 16zM236 304l6-22-20 14z" fill="#f6c8b0"/>` +
    `<path d="M122 352q14 12 28 0M188 352q14 12 28 0" stroke="#4a2f1b" stroke-width="7" fill="none" stroke-linecap="round"/><path d="M162 374l16 0-8 9z" fill="#c75d4d"/><path d="M170 384q-8 14-22 8M170 384q8 14 22 8" stroke="#4a2f1b" stroke-width="5" fill="none" stroke-linecap="round"/>` +
    `<path d="M96 372l-42-6M98 386l-40 8M242 372l42-6M240 386l42 8" stroke="#fff4e0" stroke-width="4" stroke-linecap="round"/><path d="M150 294l6 26M172 292v28M194 294l-6 26" stroke="#c27726" stroke-width="9" stroke-linecap="round"/>` +
    `<g stroke="#7f8fb0" stroke-width="9" fill="none" stroke-linecap="round"><path d="M300 210h44l-44 46h44M380 150h34l-34 36h34"/></g>`,
  'flat-bread': () =>
    `<rect width="800" height="600" fill="#dfe4da"/><g stroke="#cbd3c4" stroke-width="3"><path d="M0 120h800M0 260h800M0 480h800M130 0v600M390 0v600M650 0v600"/></g>` +
    `<rect x="70" y="150" width="660" height="370" rx="26" fill="#4b5250"/><rect x="96" y="174" width="608" height="322" rx="18" fill="#e9e1cf"/>` +
    `<path d="M150 356q-10-92 250-96 262 4 250 96-4 70-250 72-246-2-250-72z" fill="#a8662e"/><path d="M176 350q-4-72 224-76 230 4 224 76-4 52-224 54-220-2-224-54z" fill="#cf9450"/>` +
    `<path d="M270 332q120-52 260-10-130-14-236 34z" fill="#f2dcb3"/><path d="M270 332q120-52 260-10" stroke="#8a4f22" stroke-width="9" fill="none" stroke-linecap="round"/>` +
    `<g fill="#fff" opacity=".6"><circle cx="240" cy="352" r="6"/><circle cx="420" cy="372" r="5"/><circle cx="548" cy="352" r="7"/><circle cx="360" cy="300" r="5"/><circle cx="598" cy="330" r="5"/></g>` +
    `<path d="M640 110q40-60 110-60l20 26q-60 8-104 54z" fill="#c9a06a"/>`,
  blackboard: () =>
    `<rect width="800" height="600" fill="#cdb695"/><path d="M0 540h800v60H0z" fill="#a98d68"/><path d="M236 90l-56 480M564 90l56 480" stroke="#7a5230" stroke-width="22" stroke-linecap="round"/>` +
    `<rect x="176" y="60" width="448" height="420" rx="14" fill="#7a5230"/><rect x="196" y="80" width="408" height="380" rx="8" fill="#26332f"/>` +
    flower(400, 146, 2.1, '#f2b9aa', '#f7d774') +
    `<g stroke="#f4efe2" stroke-width="9" fill="none" stroke-linecap="round" stroke-linejoin="round"><path d="M270 236q18-14 34 0t34 0 34 0 34 0 34 0 34 0 34 0"/><path d="M290 288q18-14 34 0t34 0 34 0 34 0 34 0"/><path d="M320 340q18-14 34 0t34 0 34 0 34 0"/></g>` +
    `<path d="M432 402q20-16 40-2t44-6" stroke="#f6cf6a" stroke-width="8" fill="none" stroke-linecap="round"/><g stroke="#9fd3c4" stroke-width="7" fill="none" stroke-linecap="round"><path d="M248 396h34l-34 34h34M300 376h26l-26 26h26"/></g>` +
    `<g fill="#6f9a6a"><path d="M60 560q-30-90 20-150 34 70 0 150z"/><path d="M90 560q10-80 70-110 0 80-50 110z"/></g><path d="M40 540h110l-14 60H56z" fill="#c65f4a"/>`,
  window: () =>
    `<rect width="800" height="600" fill="#8fa9b8"/><path d="M0 0h800v200H0z" fill="#f0b78f"/><path d="M0 120h800v120H0z" fill="#e6c7b0"/>` +
    `<rect x="90" y="70" width="620" height="470" rx="10" fill="#4d3527"/><rect x="116" y="150" width="568" height="320" fill="#ffe6b0"/><path d="M116 150h568v110H116z" fill="#ffd98e"/>` +
    `<path d="M90 70h620v60q-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-52 0-26 34-50 0-26 34-50 0z" fill="#c65f4a"/>` +
    `<rect x="116" y="400" width="568" height="26" fill="#a9784c"/><rect x="116" y="296" width="568" height="14" fill="#c79560"/>` +
    [170, 290, 410, 530]
      .map(
        (x) =>
          `<path d="M${x} 400q-4-66 50-68 54 2 50 68z" fill="#b8753a"/><path d="M${x + 20} 366q30-28 60-10" stroke="#f3dcb4" stroke-width="8" fill="none" stroke-linecap="round"/>`,
      )
      .join('') +
    [150, 230, 310, 470, 550]
      .map(
        (x) =>
          `<path d="M${x} 296q0-34 34-36 34 2 34 36z" fill="#d9913f"/><path d="M${x + 16} 268q8 14 4 28M${x + 40} 264q8 16 4 32" stroke="#a9631f" stroke-width="4" fill="none"/>`,
      )
      .join('') +
    `<path d="M400 150v320" stroke="#4d3527" stroke-width="12"/><rect x="0" y="540" width="800" height="60" fill="#6d7f88"/><path d="M150 170l120 0-90 210h-60z" fill="#fff" opacity=".16"/>`,
} as const

export type Photo = keyof typeof photos
/** A photo somebody posts, 800 × 600. */
export function drawPhoto(photo: Photo): string {
  return svg(800, 600, photos[photo]())
}

/** The shop's mark: a camellia on the host's colour. */
export function drawMark(): string {
  return svg(
    64,
    64,
    `<rect width="64" height="64" rx="16" fill="#b8433f"/>${flower(32, 33, 1.25, '#ffe3d8', '#f7c95c')}`,
  )
}
