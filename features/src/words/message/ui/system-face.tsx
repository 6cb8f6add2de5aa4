/** A line of the system, in the reader's language. */
import { useText, type CardFaceProps } from '@qun/ui'
import { systemText, type systemLine } from '../contract.ts'

export function SystemFace({ body }: CardFaceProps<typeof systemLine>) {
  const text = useText()
  return <span dir="auto">{text(systemText(body))}</span>
}
