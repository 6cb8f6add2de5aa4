/** How much of the kit a keyboard covers. */
import { expect, it } from 'vitest'
import { keyboardOver } from './keyboard.ts'

const open = { bottomPx: 844, heightPx: 508, offsetTopPx: 0, scale: 1, alone: true }
it.each([
  ['a page that fills the window', open, 336],
  ['the same, shifted by the platform', { ...open, offsetTopPx: 336 }, 336],
  ['a box within a page, shifted into sight', { ...open, alone: false, offsetTopPx: 200 }, 136],
  ['a box that ends above the keyboard', { ...open, bottomPx: 500 }, 0],
  ['no keyboard', { ...open, heightPx: 844 }, 0],
  ['a bar of the browser', { ...open, heightPx: 800 }, 0],
  ['a zoomed page', { ...open, scale: 2 }, 0],
])('%s', (_name, sight, overPx) => expect(keyboardOver(sight)).toBe(overPx))
