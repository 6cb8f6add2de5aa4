/** What an app's back end can do with its key, all at once: every route of hosts, in bulk. */
import { everyEndpoint, longText, requestTo, type Wicked } from './wicked-http.ts'

export function hostMuch({ plan, asker, pressure, userId }: Wicked): void {
  const token = plan.apiKey
  if (token === undefined) return
  const routes = everyEndpoint.filter(({ by, name }) => by === 'server' && name !== 'tokens.revoke')
  pressure.press(8, async (number) => {
    const endpoint = routes[number % routes.length]!
    return [`host ${endpoint.name}`, await asker.ask({ ...requestTo(endpoint, plan, number), token })]
  })
  const dear = everyEndpoint.filter(({ name }) => name === 'groups.createForHost' || name === 'users.put')
  pressure.press(8, async (number) => {
    const endpoint = dear[number % dear.length]!
    return [`host ${endpoint.name}`, await asker.ask({ ...requestTo(endpoint, plan, number + 500_000), token })]
  })
  pressure.press(16, async (number) => {
    const clientId = `o${process.pid}-${number}`
    const body = { clientId, kind: 'text', body: { text: longText } }
    const path = `/groups/${plan.ownIds[number % plan.ownIds.length]}/messages`
    return ['host post', await asker.ask({ method: 'POST', path, token, body, actAs: userId })]
  })
  pressure.press(8, async (number) => {
    const userIds = [...new Set(plan.victims.slice((number * 37) % 900).slice(0, 100))]
    const path = `/groups/${plan.ownIds[number % plan.ownIds.length]}/members`
    return ['host members.add', await asker.ask({ method: 'POST', path, token, body: { userIds }, actAs: userId })]
  })
}
