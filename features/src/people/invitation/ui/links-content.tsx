/** What the sheet of join links holds: a form for one more, the fresh one with its QR code, and the list. */
import type { GroupId } from '@qun/contract'
import { ActionButton, CopyIcon, Dialog, QrCode, useOpen, useQun, useText } from '@qun/ui'
import { useCallback, useContext, useEffect, useState } from 'react'
import {
  createJoinLink,
  joinLinksOf,
  linkLifeMs,
  memberLinkLifeMaxMs,
  revokeJoinLink,
  type JoinLink,
} from '../contract.ts'
import { InviteAddress } from './invite-address.ts'
import { inviteTexts, revokeLabelText, untilText, usesText } from './texts.ts'

export interface LinksContentProps {
  readonly groupId: GroupId
  readonly mayKeepForEver: boolean
}
export function LinksContent({
  groupId,
  mayKeepForEver,
}: {
  readonly groupId: GroupId
  readonly mayKeepForEver: boolean
}) {
  const { client, toast } = useQun()
  const text = useText()
  const [links, setLinks] = useState<readonly JoinLink[]>()
  const [made, setMade] = useState<string>()
  const load = useCallback(async () => {
    const answer = await client.call(joinLinksOf, { params: { groupId } })
    setLinks(answer.links)
  }, [client, groupId])
  useEffect(() => {
    load().catch(() => toast(inviteTexts.retry, 'danger'))
  }, [load, toast])
  return (
    <div className="qun-invite__links">
      {made === undefined ? (
        <MakeLink
          groupId={groupId}
          mayKeepForEver={mayKeepForEver}
          onMade={(code) => {
            setMade(code)
            void load()
          }}
        />
      ) : (
        <MadeLink code={made} />
      )}
      <h4 className="qun-invite__subhead">{text(inviteTexts.links)}</h4>
      {links?.length === 0 && <p className="qun-invite__count">{text(inviteTexts.noLinks)}</p>}
      <ul className="qun-invite__list">
        {links?.map((link) => (
          <LinkLine key={link.linkId} groupId={groupId} link={link} onChange={load} />
        ))}
      </ul>
    </div>
  )
}

interface MakeLinkProps {
  readonly groupId: GroupId
  readonly mayKeepForEver: boolean
  readonly onMade: (code: string) => void
}
const lives = [
  { value: String(linkLifeMs / 7), words: inviteTexts.lifeDay },
  { value: String(linkLifeMs), words: inviteTexts.lifeWeek },
  { value: String(memberLinkLifeMaxMs), words: inviteTexts.lifeMonth },
] as const
const useCounts = ['1', '10', '100'] as const

function MakeLink({ groupId, mayKeepForEver, onMade }: MakeLinkProps) {
  const { client } = useQun()
  const text = useText()
  const [label, setLabel] = useState('')
  const [life, setLife] = useState<string>(String(linkLifeMs))
  const [uses, setUses] = useState('')
  const make = async () => {
    const body = {
      ...(label.trim() !== '' && { label: label.trim() }),
      lifeMs: life === '' ? null : Number(life),
      maxUses: uses === '' ? null : Number(uses),
    }
    const { code } = await client.call(createJoinLink, { params: { groupId }, body })
    onMade(code)
  }
  return (
    <div className="qun-invite__make">
      <label className="qun-invite__field">
        <span>{text(inviteTexts.label)}</span>
        <input
          className="qun-input"
          value={label}
          maxLength={60}
          placeholder={text(inviteTexts.labelHint)}
          onChange={(typed) => setLabel(typed.target.value)}
        />
      </label>
      <div className="qun-invite__fields">
        <label className="qun-invite__field">
          <span>{text(inviteTexts.life)}</span>
          <select className="qun-input" value={life} onChange={(picked) => setLife(picked.target.value)}>
            {lives.map(({ value, words }) => (
              <option key={value} value={value}>
                {text(words)}
              </option>
            ))}
            {mayKeepForEver && <option value="">{text(inviteTexts.lifeForever)}</option>}
          </select>
        </label>
        <label className="qun-invite__field">
          <span>{text(inviteTexts.uses)}</span>
          <select className="qun-input" value={uses} onChange={(picked) => setUses(picked.target.value)}>
            <option value="">{text(inviteTexts.usesAny)}</option>
            {useCounts.map((count) => (
              <option key={count} value={count}>
                {count}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ActionButton wide onClick={make}>
        {text(inviteTexts.make)}
      </ActionButton>
    </div>
  )
}

function MadeLink({ code }: { readonly code: string }) {
  const { toast } = useQun()
  const text = useText()
  const address = useContext(InviteAddress)(code)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address)
      toast(inviteTexts.copied)
    } catch {
      // Pages without a secure connection have no clipboard; the link stands there to be selected.
      toast(inviteTexts.copyFailed)
    }
  }
  return (
    <div className="qun-invite__made">
      <QrCode content={address} label={text(inviteTexts.qr)} />
      <code className="qun-invite__address">{address}</code>
      <ActionButton wide onClick={copy}>
        <CopyIcon size={18} /> {text(inviteTexts.copy)}
      </ActionButton>
      <p className="qun-invite__promise">{text(inviteTexts.linksHint)}</p>
    </div>
  )
}

function LinkLine({
  groupId,
  link,
  onChange,
}: {
  readonly groupId: GroupId
  readonly link: JoinLink
  readonly onChange: () => Promise<void>
}) {
  const { client, locale } = useQun()
  const text = useText()
  const asking = useOpen()
  const label = link.label === '' ? text(inviteTexts.unnamed) : link.label
  const over =
    link.revokedAt !== null
      ? inviteTexts.revoked
      : link.expiresAt !== null && link.expiresAt <= client.serverNow()
        ? inviteTexts.expired
        : link.maxUses !== null && link.uses >= link.maxUses
          ? inviteTexts.usedUp
          : undefined
  const until =
    link.expiresAt === null
      ? inviteTexts.lifeForever
      : untilText(new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' }).format(link.expiresAt))
  return (
    <li className={over ? 'qun-invite__link qun-invite__link--over' : 'qun-invite__link'}>
      <span className="qun-invite__linktext">
        <bdi>{label}</bdi>
        <small>
          {text(usesText(link.uses, link.maxUses))} · {text(over ?? until)}
        </small>
      </span>
      {!over && (
        <ActionButton tone="quiet" label={text(revokeLabelText(label))} onClick={asking.show}>
          {text(inviteTexts.revoke)}
        </ActionButton>
      )}
      <Dialog
        open={asking.open}
        onClose={asking.hide}
        title={inviteTexts.revokeAsk}
        confirm={inviteTexts.revoke}
        danger
        onConfirm={async () => {
          await client.call(revokeJoinLink, { params: { groupId, linkId: link.linkId } })
          await onChange()
        }}
      >
        {text(inviteTexts.revokeSays)}
      </Dialog>
    </li>
  )
}
