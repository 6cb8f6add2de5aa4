/** What can be done with what could not be sent: a message or a picture. */
import { MenuAt } from '../parts/overlay.tsx'
import { useWords } from '../qun-context.ts'

export interface FailedMenuProps {
  /** Where it opens; closed without one. */
  readonly anchor: HTMLElement | undefined
  readonly onClose: () => void
  readonly resend: () => void
  readonly discard: () => void
}
export function FailedMenu({ anchor, onClose, resend, discard }: FailedMenuProps) {
  const words = useWords()
  return (
    <MenuAt
      anchor={anchor}
      label={words('message.failedMenu')}
      onClose={onClose}
      choices={[
        { name: 'resend', label: words('message.resend'), run: resend },
        { name: 'discard', label: words('message.discard'), danger: true, run: discard },
      ]}
    />
  )
}
