/** What one person with a token can do with sockets, all at once: open everything, read nothing, come and go. */
import { setTimeout as pause } from 'node:timers/promises'
import { clientFrame } from '../websocket-wire.ts'
import { groupOf, longText, type Wicked } from './wicked-http.ts'
import { lost, Talker, type Told } from './talker.ts'

function talkerOf({ plan: { host, port, signing }, userId }: Wicked): Talker {
  return new Talker({ host, port, signing, userId })
}
/** A socket that is there whenever it is asked for; made anew when the server ended it. */
function lasting(wicked: Wicked): () => Promise<Talker | undefined> {
  let talker: Talker | undefined
  return async () => {
    if (talker === undefined || talker.isOver) talker = talkerOf(wicked)
    return (await talker.ready) ? talker : undefined
  }
}

export function crowdSockets(wicked: Wicked): void {
  openAll(wicked)
  openOneAgain(wicked)
  for (let at = 0; at < 4; at += 1) readNothing(wicked)
  leaveWithoutWord(wicked)
  speakBadly(wicked)
  moveReading(wicked)
  sayMuch(wicked)
  flood(wicked)
}

/** Fifty groups opened anew as fast as they are answered, those with the most people first. */
function openAll(wicked: Wicked): void {
  const { plan, pressure } = wicked
  for (let at = 0; at < 3; at += 1) {
    const socket = lasting(wicked)
    pressure.press(3, async (number) => {
      const talker = await socket()
      const ids = [plan.giantId, ...plan.sharedIds, ...plan.ownIds].slice(0, 50)
      const groups = ids.map((groupId) => ({ groupId, level: 'open', ...(number % 2 === 0 ? { from: 1 } : {}) }))
      return ['subscribe to 50', (await talker?.ask({ op: 'subscribe', groups })) ?? lost]
    })
    pressure.press(2, async () => {
      const talker = await socket()
      const groups = plan.ownIds.slice(0, 100).map((groupId) => ({ groupId, level: 'listed' }))
      return ['subscribe to 100', (await talker?.ask({ op: 'subscribe', groups })) ?? lost]
    })
  }
}
function openOneAgain(wicked: Wicked): void {
  const { plan, pressure } = wicked
  const socket = lasting(wicked)
  pressure.press(4, async () => {
    const talker = await socket()
    const groups = Array.from({ length: 100 }, () => ({ groupId: plan.giantId, level: 'open' }))
    return ['subscribe 100 times', (await talker?.ask({ op: 'subscribe', groups })) ?? lost]
  })
  pressure.press(4, async (number) => {
    const talker = await socket()
    return ['pull', (await talker?.ask({ op: 'pull', stream: `group/${groupOf(plan, number)}`, from: 0 })) ?? lost]
  })
}
/** Asks for all that a socket's queue may hold and takes none of it; cut, it comes back. */
function readNothing(wicked: Wicked): void {
  const { plan, pressure } = wicked
  pressure.press(1, async () => {
    const talker = talkerOf(wicked)
    if (!(await talker.ready)) return ['slow reader', lost]
    talker.socket.pause()
    const groups = [...plan.sharedIds, ...plan.ownIds].slice(0, 50).map((groupId) => ({ groupId, level: 'open' }))
    talker.write({ op: 'subscribe', id: 1, groups })
    for (let id = 2; id < 50; id += 1) talker.write({ op: 'pull', id, stream: `group/${plan.giantId}`, from: 0 })
    for (let waited = 0; waited < 15_000 && !talker.isOver && !pressure.isOver; waited += 100) await pause(100)
    talker.cut()
    return ['slow reader', told('cut')]
  })
}
/** Comes as fast as it is let in, and neither reads on nor answers a close. */
function leaveWithoutWord(wicked: Wicked): void {
  wicked.pressure.press(8, async () => {
    const talker = talkerOf(wicked)
    const isReady = await Promise.race([talker.ready, pause(5_000, false)])
    talker.socket.pause()
    setTimeout(() => talker.socket.destroy(), 3_000).unref()
    return ['connect', isReady ? told('') : lost]
  })
}
function speakBadly(wicked: Wicked): void {
  const socket = lasting(wicked)
  const bad = [
    Buffer.from('{"op":"subscribe","id":1,"groups":[{"groupId":7}]}'),
    Buffer.from('{'.repeat(3_000)),
    Buffer.from('[]'),
  ]
  wicked.pressure.press(1, async (number) => {
    const talker = await socket()
    if (talker === undefined) return ['bad frames', lost]
    for (let at = 0; at < 19; at += 1) talker.write(clientFrame(bad[(at + number) % bad.length]!))
    await pause(10)
    return ['bad frames', told('')]
  })
}
function moveReading(wicked: Wicked): void {
  const { plan, pressure } = wicked
  const socket = lasting(wicked)
  pressure.press(4, async (number) => {
    const talker = await socket()
    const seq = number % 2 === 0 ? 1 : Math.min(38, number)
    return ['read', (await talker?.ask({ op: 'read', groupId: groupOf(plan, number), seq })) ?? lost]
  })
}
function sayMuch(wicked: Wicked): void {
  const { plan, pressure } = wicked
  const socket = lasting(wicked)
  pressure.press(4, async (number) => {
    const talker = await socket()
    const groupId = groupOf(plan, number)
    const clientId = `w${process.pid}-${wicked.userId}-${number}`
    return [
      'send',
      (await talker?.ask({ op: 'send', groupId, clientId, kind: 'text', body: { text: longText } })) ?? lost,
    ]
  })
}
/** As many frames as a socket may bring: notices of typing, pings, and posts of the largest size above their budget. */
function flood(wicked: Wicked): void {
  const { plan, pressure } = wicked
  const groupId = plan.sharedIds[0] ?? plan.giantId
  const typing = clientFrame(JSON.stringify({ op: 'typing', groupId }))
  const ping = clientFrame('{"op":"ping"}')
  const large = clientFrame(
    JSON.stringify({
      op: 'send',
      id: 9,
      groupId,
      clientId: 'flood-flood',
      kind: 'text',
      body: { text: 'x'.repeat(60_000) },
    }),
  )
  for (const [what, frame] of [
    ['typing', typing],
    ['ping', ping],
    ['large frames', large],
  ] as const) {
    const socket = lasting(wicked)
    pressure.press(1, async () => {
      const talker = await socket()
      if (talker === undefined) return [what, lost]
      for (let at = 0; at < 45; at += 1) talker.write(frame)
      await pause(100)
      return [`45 × ${what}`, told('')]
    })
  }
}
const told = (code: string): Told => ({ status: 200, code, retryAfterMs: 0, body: '' })
