/**
 * One hostile member, or the people and the back end of a hostile app, for as long as its plan (a JSON file named by
 * its argument) says, in a process of its own. Prints what it was told.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { signToken } from '../wire.ts'
import { largePicture } from './large-picture.ts'
import type { WickedDeed, WickedFigures, WickedPlan } from './plan.ts'
import { Pressure } from './pressure.ts'
import { Asker } from './talker.ts'
import { comeAndGo, editMuch, hammer, readAll, uploadMuch, writeAll, type Wicked } from './wicked-http.ts'
import { hostMuch } from './wicked-host.ts'
import { crowdSockets } from './wicked-socket.ts'

// Who is hostile has a machine of their own; here they share a core with what measures the good, and with the store.
setPriority(constants.priority.PRIORITY_LOW)
const session = '/proc/self/autogroup'
if (existsSync(session)) writeFileSync(session, String(constants.priority.PRIORITY_LOW))
const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as WickedPlan
const picture = largePicture()
process.stdout.write('{"ready":true}\n')

const [began, cpuBefore] = [performance.now(), process.cpuUsage()]
const pressure = new Pressure(plan.seconds)
const deeds: Readonly<Record<WickedDeed, (wicked: Wicked) => void>> = {
  read: readAll,
  write: writeAll,
  edit: editMuch,
  upload: uploadMuch,
  hammer,
  visit: comeAndGo,
  sockets: crowdSockets,
  // A back end is one, however many people its app has.
  host: (wicked) => (wicked.userId === plan.userIds[0] ? hostMuch(wicked) : undefined),
}
for (const [at, userId] of plan.userIds.entries()) {
  const asker = new Asker(plan, 40, `127.0.2.${1 + at}`)
  const wicked: Wicked = { plan, userId, token: signToken(plan.signing, userId), asker, pressure, picture }
  for (const deed of plan.deeds) deeds[deed](wicked)
}
await pressure.ended()
const { user, system } = process.cpuUsage(cpuBefore)
const cpu = (user + system) / 1_000 / (performance.now() - began)
const figures: WickedFigures = { answers: pressure.answers, cpu }
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
await pause(5_000)
