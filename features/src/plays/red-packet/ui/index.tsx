/** The faces of a red packet: the packet in the conversation and the form in the plus menu. */
import { defineCardUI, type ComposeProps } from '@qun/ui'
import { lazy, Suspense } from 'react'
import { redPacket } from '../contract.ts'
import { PacketIcon } from './art.tsx'
import { RedPacketCard } from './card.tsx'
import './red-packet.css'
import { packetTexts } from './texts.ts'

/** Loaded when somebody first sends a packet. */
const LazyForm = lazy(async () => ({ default: (await import('./compose.tsx')).RedPacketForm }))
function Compose(props: ComposeProps<typeof redPacket>) {
  return (
    <Suspense fallback={<span className="qun-spinner" aria-hidden="true" />}>
      <LazyForm {...props} />
    </Suspense>
  )
}

export default [
  defineCardUI(redPacket, {
    Card: RedPacketCard,
    Compose,
    plain: true,
    icon: <PacketIcon />,
    label: packetTexts.kind,
  }),
]
