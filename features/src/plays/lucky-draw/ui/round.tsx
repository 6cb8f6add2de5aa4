/** The round of public randomness a draw uses: its name, and where to look it up by hand. */
import { useText } from '@qun/ui'
import type { Entropy } from '../contract.ts'
import { beaconTexts, roundLink, roundText } from './texts-beacon.ts'

export function BeaconRound({ entropy }: { readonly entropy: Entropy | undefined }) {
  const text = useText()
  if (entropy?.mode !== 'beacon') return null
  const { chain, round } = entropy
  const link = roundLink(chain, round)
  return (
    <span className="qun-draw__round">
      {text(roundText(chain, round))}
      {link !== undefined && (
        <a className="qun-draw__roundlink" href={link} target="_blank" rel="noreferrer noopener">
          {text(beaconTexts.open)}
        </a>
      )}
    </span>
  )
}
