/** The signs that features put beside a name: a title, an honour. */
import type { GroupView } from '@qun/sdk'
import { useQun } from '../qun-context.ts'

export function NameMarks({ userId, view }: { readonly userId: string; readonly view: GroupView }) {
  const { nameMarks } = useQun()
  return nameMarks.map(({ name, Mark }) => <Mark key={name} userId={userId} view={view} />)
}
