/** What lies over the conversation: sheets, questions and menus, drawn inside the kit's own box. */
import { Dialog as BaseDialog } from '@base-ui/react/dialog'
import { Menu as BaseMenu } from '@base-ui/react/menu'
import type { Text } from '@qun/contract'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { ActionButton } from './action-button.tsx'
import { CloseIcon } from './icons.tsx'
import { useQun, useText, useWords } from './provider.tsx'

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
/** Rises from below on a phone, stands in the middle on a desktop. Focus goes in and comes back. */
export function Sheet({ open, onClose, title, titleHidden = false, children, foot }: SheetProps) {
  const { root } = useQun()
  const text = useText()
  const words = useWords()
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()} modal="trap-focus">
      <BaseDialog.Portal container={root}>
        <BaseDialog.Backdrop className="qun-backdrop" />
        <BaseDialog.Popup className="qun-sheet">
          <header className="qun-sheet__head">
            <BaseDialog.Title className={titleHidden ? 'qun-hidden' : 'qun-sheet__title'}>{text(title)}</BaseDialog.Title>
            <BaseDialog.Close className="qun-iconbutton qun-sheet__close" aria-label={words('dialog.close')}>
              <CloseIcon />
            </BaseDialog.Close>
          </header>
          <div className="qun-sheet__content">{children}</div>
          {foot !== undefined && <footer className="qun-sheet__foot">{foot}</footer>}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  )
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
/** A question with one way forward. */
export function Dialog({ open, onClose, title, children, confirm, danger = false, onConfirm }: DialogProps) {
  const { root } = useQun()
  const text = useText()
  const words = useWords()
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()} modal="trap-focus">
      <BaseDialog.Portal container={root}>
        <BaseDialog.Backdrop className="qun-backdrop" />
        <BaseDialog.Popup className="qun-dialog" role="alertdialog">
          <BaseDialog.Title className="qun-dialog__title">{text(title)}</BaseDialog.Title>
          <BaseDialog.Description className="qun-dialog__text" render={<div />}>
            {children}
          </BaseDialog.Description>
          <div className="qun-dialog__actions">
            <BaseDialog.Close className="qun-button qun-button--quiet">{words('dialog.cancel')}</BaseDialog.Close>
            <ActionButton
              tone={danger ? 'danger' : 'accent'}
              onClick={async () => {
                await onConfirm()
                onClose()
              }}
            >
              {text(confirm)}
            </ActionButton>
          </div>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  )
}
/** Holds whether an overlay is open, with stable functions. */
export function useOpen(): { readonly open: boolean; show: () => void; hide: () => void } {
  const [open, setOpen] = useState(false)
  return { open, show: () => setOpen(true), hide: () => setOpen(false) }
}

export interface MenuChoice {
  readonly name: string
  readonly label: string
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly run: () => void
}
export interface MenuAtProps {
  /** The menu stands beside it; closed when undefined. */
  readonly anchor: HTMLElement | undefined
  readonly label: string
  readonly choices: readonly MenuChoice[]
  readonly onClose: () => void
  /** Drawn above the choices; its buttons are `MenuPick`s. */
  readonly head?: ReactNode
}
/** A menu at an element that is not its trigger: a long-pressed bubble or row. */
export function MenuAt({ anchor, label, choices, onClose, head }: MenuAtProps) {
  const { root } = useQun()
  return (
    <BaseMenu.Root open={anchor !== undefined} onOpenChange={(next) => !next && onClose()} modal={false}>
      <BaseMenu.Portal container={root}>
        {/* Takes the first touch outside, so that closing a menu never presses what lies below it. */}
        <div className="qun-menu-shield" onPointerDown={onClose} />
        <BaseMenu.Positioner
          className="qun-menu-positioner"
          anchor={anchor ?? null}
          side="top"
          align="center"
          sideOffset={8}
          collisionPadding={10}
          collisionBoundary={root.current ?? 'clipping-ancestors'}
        >
          <BaseMenu.Popup className="qun-menu" aria-label={label} finalFocus={() => anchor?.closest<HTMLElement>('[tabindex]') ?? anchor ?? true}>
            {head}
            {choices.map((choice) => (
              <BaseMenu.Item
                key={choice.name}
                className={choice.danger ? 'qun-menu__item qun-menu__item--danger' : 'qun-menu__item'}
                onClick={choice.run}
              >
                {choice.icon}
                <span>{choice.label}</span>
              </BaseMenu.Item>
            ))}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  )
}
/** One of several small picks in a menu's head. */
export function MenuPick({ label, run, children }: { readonly label: string; readonly run: () => void; readonly children: ReactNode }) {
  return (
    <BaseMenu.Item className="qun-menu__pick" aria-label={label} onClick={run}>
      {children}
    </BaseMenu.Item>
  )
}
