/** Who opened a packet, with amounts where the server tells them, and the luckiest of all. */
import type { GroupId } from '@qun/contract'
import { Avatar, clockText, useQun, useText } from '@qun/ui'
import { useEffect, useRef, useState } from 'react'
import { claimsOf, type Claim } from '../contract.ts'
import type { PacketFace } from './standing.ts'
import { amountText, expiredText, finishedText, openedCountText, packetTexts, tookText } from './texts.ts'

/** The list as of the latest change; one request at a time, however fast shares go. */
function useClaims({ message, group, state, mine }: PacketFace): readonly Claim[] | undefined {
  const { client } = useQun()
  const [claims, setClaims] = useState<readonly Claim[]>()
  const asking = useRef<{ again: boolean } | undefined>(undefined)
  useEffect(() => {
    let isGone = false
    const ask = async (): Promise<void> => {
      if (asking.current !== undefined) {
        asking.current.again = true
        return
      }
      const round = { again: false }
      asking.current = round
      try {
        const params = { groupId: group.groupId as GroupId, seq: message.seq }
        const answer = await client.call(claimsOf, { params })
        if (!isGone) setClaims(answer.claims)
      } catch {
        // The card itself says how many there are; the next change asks again.
        if (!isGone) setClaims((before) => before ?? [])
      } finally {
        asking.current = undefined
      }
      if (round.again && !isGone) await ask()
    }
    void ask()
    return () => {
      isGone = true
    }
  }, [client, group.groupId, message.seq, state.claimedCount, state.phase, mine?.amount])
  return claims
}

export function ClaimList(props: PacketFace) {
  const { body, state, message, viewer, locale } = props
  const { client } = useQun()
  const text = useText()
  const claims = useClaims(props)
  const given = { currency: body.currency, unit: state.unit }
  const total = amountText(given, body.amount)
  const { phase, claimedCount, endedAt = message.at, refunded = 0 } = state
  const said =
    phase === 'finished'
      ? finishedText(body.count, total, tookText(endedAt - message.at))
      : phase === 'open'
        ? openedCountText(claimedCount, body.count, total)
        : expiredText(claimedCount, body.count, amountText(given, refunded))
  return (
    <section className="qun-packet__claims" aria-label={text(packetTexts.claims)}>
      <h3 className="qun-packet__sum">{text(said)}</h3>
      {claims === undefined && claimedCount > 0 && <span className="qun-spinner" aria-hidden="true" />}
      <ul className="qun-packet__list">
        {claims?.map((claim) => (
          <li key={claim.place} className="qun-packet__claim">
            <Avatar name={claim.name} avatar={claim.avatar} sizePx={36} />
            <span className="qun-packet__who">
              <bdi className={claim.userId === viewer.userId ? 'qun-packet__me' : undefined}>{claim.name}</bdi>
              <span className="qun-packet__when">{clockText(claim.at, { now: client.serverNow(), locale })}</span>
            </span>
            <span className="qun-packet__got">
              {claim.amount === null ? (
                <span className="qun-packet__when">{text(packetTexts.amountHidden)}</span>
              ) : (
                <span className="qun-packet__figure">{text(amountText(given, claim.amount))}</span>
              )}
              {state.luckiest?.userId === claim.userId && (
                <span className="qun-packet__king">{text(packetTexts.luckiest)}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
      {phase !== 'open' && body.split !== 'equal' && <p className="qun-packet__proof">{text(packetTexts.proof)}</p>}
    </section>
  )
}
