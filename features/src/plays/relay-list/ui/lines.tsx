/** Lines as they are drawn in the card and in the whole list. */
import type { Line, RelayBody } from '../contract.ts'
import { useText } from '@qun/ui'
import { valueText } from '../rules.ts'
import { relayTexts } from './texts.ts'

interface LinesProps {
  readonly body: RelayBody
  readonly lines: readonly Line[]
  readonly ownNos: ReadonlySet<number>
}
export function Lines({ body, lines, ownNos }: LinesProps) {
  const text = useText()
  return (
    <ol className="qun-relay__lines">
      {lines.map(({ no, name, values, withdrawn, reason }) => (
        <li key={no} data-own={ownNos.has(no) || undefined} data-gone={withdrawn || undefined}>
          <span className="qun-relay__no">{no}.</span>
          <bdi className="qun-relay__name">{name}</bdi>
          <span className="qun-relay__values">
            {withdrawn
              ? text(relayTexts.withdrawn)
              : body.fields
                  .map((field, at) => valueText(field, values[at]))
                  .filter((said) => said !== '')
                  .join(' · ')}
          </span>
          {reason !== undefined && <span className="qun-relay__reason">{reason}</span>}
        </li>
      ))}
    </ol>
  )
}
