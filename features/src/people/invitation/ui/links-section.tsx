/** The join links of a group on its page: the line that opens them. */
import type { GroupId } from '@qun/contract'
import { ForwardIcon, PersonAddIcon, Sheet, useOpen, useText, type GroupSectionProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { inviteTexts } from './texts.ts'

/** Loaded when somebody first opens it: most members never make a link. */
const LinksContent = lazy(async () => ({ default: (await import('./links-content.tsx')).LinksContent }))

export function JoinLinksSection({ group, view, viewer }: GroupSectionProps) {
  const text = useText()
  const sheet = useOpen()
  if (view.group === undefined || view.group.disbandedAt !== undefined || view.gone) return null
  return (
    <div className="qun-invite__section">
      <button type="button" className="qun-invite__open" onClick={sheet.show}>
        <PersonAddIcon size={20} />
        <span>{text(inviteTexts.makeLink)}</span>
        <ForwardIcon size={18} />
      </button>
      <Sheet open={sheet.open} onClose={sheet.hide} title={inviteTexts.section}>
        {sheet.open && (
          <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
            <LinksContent groupId={group.groupId as GroupId} mayKeepForEver={viewer.role !== 'member'} />
          </Suspense>
        )}
      </Sheet>
    </div>
  )
}
