/** Draws the seeded people's faces as SVG text; knows nothing of who sees them. */

interface Look {
  readonly ground: string
  readonly skin: string
  readonly hair: string
  readonly coat: string
  readonly cut: 'short' | 'bob' | 'bun' | 'long' | 'curls' | 'cap' | 'bald' | 'pony'
  readonly glasses?: true
  readonly beard?: true
  readonly apron?: true
}

const looks: Readonly<Record<string, Look>> = {
  wang: {
    ground: '#f4d9c6',
    skin: '#f3c9a5',
    hair: '#2e2622',
    coat: '#fff4e8',
    cut: 'short',
    beard: true,
    apron: true,
  },
  he: { ground: '#cfe3d8', skin: '#f6d3b5', hair: '#3a2a21', coat: '#f7f1e6', cut: 'pony', apron: true },
  li: { ground: '#f8d7dc', skin: '#f7d6bd', hair: '#43302b', coat: '#c65f74', cut: 'bob' },
  zhao: { ground: '#f5e3b3', skin: '#efc6a2', hair: '#5f5650', coat: '#8a5a9c', cut: 'curls' },
  sun: { ground: '#cfdcea', skin: '#eec7a6', hair: '#b9b6b0', coat: '#42637f', cut: 'short', glasses: true },
  zhou: { ground: '#dcdccf', skin: '#e9bd97', hair: '#3b3631', coat: '#6d7155', cut: 'cap' },
  doudou: { ground: '#fbe0cd', skin: '#f8d5b8', hair: '#6b4531', coat: '#e2895a', cut: 'bun' },
  wu: { ground: '#d5d9f0', skin: '#f2cba9', hair: '#23232b', coat: '#4a4f86', cut: 'short', glasses: true },
  qing: { ground: '#d3ead9', skin: '#f7d8c0', hair: '#2f5d50', coat: '#e9c34f', cut: 'long' },
  liu: { ground: '#f0cfc7', skin: '#dba882', hair: '#241d1a', coat: '#bf4f3f', cut: 'short' },
  bai: { ground: '#d6e8ee', skin: '#f9dcc6', hair: '#2c2a33', coat: '#86b9c8', cut: 'long' },
  lin: { ground: '#e6e0f0', skin: '#f5d0b2', hair: '#352a2a', coat: '#ffffff', cut: 'bob', glasses: true },
  chen: { ground: '#fde6a9', skin: '#d9a67e', hair: '#262320', coat: '#2f7f77', cut: 'cap' },
  qian: { ground: '#e3d9cf', skin: '#ecc3a0', hair: '#cfcac2', coat: '#7c6a56', cut: 'bald', beard: true },
  mei: { ground: '#f9d3e2', skin: '#f4cdb0', hair: '#7a3b3b', coat: '#3c8a78', cut: 'bun' },
}

const back: Readonly<Record<Look['cut'], (hair: string) => string>> = {
  short: () => '',
  bald: () => '',
  cap: () => '',
  curls: (hair) =>
    `<g fill="${hair}"><circle cx="36" cy="50" r="14"/><circle cx="84" cy="50" r="14"/><circle cx="42" cy="34" r="15"/>` +
    `<circle cx="78" cy="34" r="15"/><circle cx="60" cy="27" r="16"/></g>`,
  bob: (hair) => `<path d="M31 74V50a29 29 0 0 1 58 0v24q-8 5-14 2H45q-7 3-14-2z" fill="${hair}"/>`,
  long: (hair) => `<path d="M30 100V50a30 30 0 0 1 60 0v50q-10 4-18 0H48q-9 4-18 0z" fill="${hair}"/>`,
  bun: (hair) => `<circle cx="60" cy="17" r="11" fill="${hair}"/><path d="M34 58a26 28 0 0 1 52 0z" fill="${hair}"/>`,
  pony: (hair) => `<path d="M80 36q24 6 16 46-6 6-12 2 4-24-8-34z" fill="${hair}"/>`,
}
const front: Readonly<Record<Look['cut'], (look: Look) => string>> = {
  short: ({ hair }) => `<path d="M36 52q-3-28 24-29 27 1 24 29-3-12-10-15-16 4-28 0-7 4-10 15z" fill="${hair}"/>`,
  bald: ({ hair }) => `<path d="M36 56q-5-4-2-14 3 6 4 14zM84 56q5-4 2-14-3 6-4 14z" fill="${hair}"/>`,
  cap: ({ coat }) =>
    `<path d="M35 45q0-23 25-23t25 23z" fill="${coat}"/><path d="M33 44h58q6 0 6 4H33z" fill="${coat}"/>` +
    `<path d="M33 44h58v2H33z" fill="#000" opacity=".14"/>`,
  curls: ({ hair }) => `<path d="M37 48q4-14 23-14t23 14q-9-6-23-6t-23 6z" fill="${hair}"/>`,
  bob: ({ hair }) => `<path d="M36 56q0-30 24-30t24 30q-3-12-9-16-12 6-28 1-8 3-11 15z" fill="${hair}"/>`,
  long: ({ hair }) => `<path d="M36 58q-2-32 24-32t24 32q-4-16-22-24-18 6-26 24z" fill="${hair}"/>`,
  bun: ({ hair }) => `<path d="M36 54q0-29 24-29t24 29q-5-15-24-16-19 1-24 16z" fill="${hair}"/>`,
  pony: ({ hair }) => `<path d="M36 55q-2-30 24-30t24 30q-3-14-11-18-19 6-28 2-7 5-9 16z" fill="${hair}"/>`,
}

/** A portrait of 120 × 120, or undefined for somebody never drawn. */
export function drawPortrait(key: string): string | undefined {
  const look = looks[key]
  if (look === undefined) return undefined
  const { ground, skin, hair, coat, cut } = look
  const shade = '#00000014'
  const parts = [
    `<rect width="120" height="120" fill="${ground}"/><circle cx="96" cy="22" r="34" fill="#fff" opacity=".22"/>`,
    back[cut](hair),
    `<path d="M14 122q2-34 34-38h24q32 4 34 38z" fill="${coat}"/>`,
    look.apron
      ? `<path d="M38 86h8l3 16h22l3-16h8l4 36H34z" fill="#0a7d6f"/>`
      : `<path d="M48 84q12 12 24 0l-3 8q-9 7-18 0z" fill="${shade}"/>`,
    `<path d="M51 70h18v14q-9 10-18 0z" fill="${skin}"/><path d="M51 76q9 8 18 0v4q-9 8-18 0z" fill="#00000012"/>`,
    `<circle cx="35" cy="55" r="5" fill="${skin}"/><circle cx="85" cy="55" r="5" fill="${skin}"/>`,
    `<path d="M36 48q0-22 24-22t24 22v8q0 24-24 24t-24-24z" fill="${skin}"/>`,
    `<circle cx="45" cy="62" r="4.5" fill="#e5735f" opacity=".28"/><circle cx="75" cy="62" r="4.5" fill="#e5735f" opacity=".28"/>`,
    `<circle cx="50" cy="54" r="2.6" fill="#2a211d"/><circle cx="70" cy="54" r="2.6" fill="#2a211d"/>`,
    look.beard
      ? `<path d="M44 63q16 8 32 0 1 17-16 18-17-1-16-18z" fill="${hair}" opacity=".85"/><path d="M54 69q6 4 12 0" stroke="#fff" stroke-width="2.2" fill="none" stroke-linecap="round"/>`
      : `<path d="M53 66q7 6 14 0" stroke="#8c3f34" stroke-width="2.2" fill="none" stroke-linecap="round"/>`,
    front[cut](look),
    look.glasses
      ? `<g fill="#ffffff40" stroke="#2a2a2e" stroke-width="1.8"><circle cx="49" cy="54" r="8"/><circle cx="71" cy="54" r="8"/><path d="M57 53q3-2 6 0" fill="none"/></g>`
      : '',
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" width="120" height="120">${parts.join('')}</svg>`
}
