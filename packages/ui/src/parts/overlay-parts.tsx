/** The overlays themselves. Loaded when the first one opens, because most of the code is about focus and placing. */
import { Dialog as BaseDialog } from '@base-ui/react/dialog'
import { Menu as BaseMenu } from '@base-ui/react/menu'
import { ActionButton } from './action-button.tsx'
import { CloseIcon } from './icons.tsx'
import type { DialogProps, MenuAtProps, SheetProps } from './overlay-props.ts'
import { useQun, useText, useWords } from '../qun-context.ts'

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
            <BaseDialog.Title className={titleHidden ? 'qun-hidden' : 'qun-sheet__title'}>
              {text(title)}
            </BaseDialog.Title>
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
/** A menu at an element that is not its trigger: a long-pressed bubble or row. */
export function MenuAt({
  anchor,
  open,
  label,
  choices,
  onClose,
  picks = [],
}: MenuAtProps & { readonly open: boolean }) {
  const { root } = useQun()
  return (
    <BaseMenu.Root open={open} onOpenChange={(next) => !next && onClose()} modal={false}>
      <BaseMenu.Portal container={root}>
        {/* Takes the first touch outside, so that closing a menu never presses what lies below it. */}
        {open && <div className="qun-menu-shield" onPointerDown={onClose} />}
        <BaseMenu.Positioner
          className="qun-menu-positioner"
          anchor={anchor ?? null}
          side="top"
          align="center"
          sideOffset={8}
          collisionPadding={10}
          collisionBoundary={root.current ?? 'clipping-ancestors'}
        >
          <BaseMenu.Popup className="qun-menu" aria-label={label}>
            {picks.length > 0 && (
              <div className="qun-menu__picks">
                {picks.map((pick) => (
                  <BaseMenu.Item key={pick.label} className="qun-menu__pick" aria-label={pick.label} onClick={pick.run}>
                    {pick.face}
                  </BaseMenu.Item>
                ))}
              </div>
            )}
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
