/** What overlays are handed, known before their code is loaded. Types only. */
import type { Text } from '@qun/contract'
import type { ReactNode } from 'react'

export interface SheetProps {
  readonly open: boolean
  readonly onClose: () => void
  /** Announced and shown at the top. */
  readonly title: Text
  /** Announced only, where the content shows it larger. */
  readonly titleHidden?: boolean
  readonly children?: ReactNode
  /** Stays below while the content scrolls. */
  readonly foot?: ReactNode
}

export interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: Text
  /** Names the consequence. */
  readonly children?: ReactNode
  /** What the button says: the verb, not OK. */
  readonly confirm: Text
  readonly danger?: boolean
  /** The dialog closes when it resolves and stays when it throws; the refusal is shown. */
  readonly onConfirm: () => Promise<void> | void
}

export interface MenuChoice {
  readonly name: string
  readonly label: string
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly run: () => void
}

export interface MenuPick {
  readonly label: string
  readonly face: string
  readonly run: () => void
}

export interface MenuAtProps {
  /** The menu stands beside it; closed when undefined. */
  readonly anchor: HTMLElement | undefined
  readonly label: string
  readonly choices: readonly MenuChoice[]
  readonly onClose: () => void
  /** Small picks in a row above the choices. */
  readonly picks?: readonly MenuPick[] | undefined
}
