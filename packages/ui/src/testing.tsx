/** What tests of faces need: a client in memory, and overlays that open at once. */
import * as parts from './overlay-parts.tsx'
import { provideOverlays } from './overlay.tsx'

export * from './fixture.ts'

provideOverlays(parts)
