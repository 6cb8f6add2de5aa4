/** Whose address a request counts against: the socket's, or what a trusted proxy says. */
import { BlockList, isIP, isIPv6 } from 'node:net'

export interface AddressBook {
  /**
   * What limits count against: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address of it has all.
   * `forwarded` is X-Forwarded-For, believed only from a trusted peer.
   */
  clientOf(peer: string | undefined, forwarded: string | undefined): string
  isTrusted(peer: string | undefined): boolean
}

/** Proxies are addresses or CIDR ranges, e.g. `10.0.0.0/8`. Throws on anything else. */
export function createAddressBook(trustedProxies: readonly string[]): AddressBook {
  const trusted = new BlockList()
  for (const entry of trustedProxies) addTo(trusted, entry)
  const isTrusted = (peer: string | undefined) => {
    const address = plain(peer)
    const family = isIP(address)
    return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
  return {
    isTrusted,
    clientOf(peer, forwarded) {
      let client = plain(peer)
      if (forwarded === undefined || !isTrusted(peer)) return networkOf(client)
      // The rightmost address that is not a proxy of ours: whatever stands left of it, the client wrote itself.
      for (const hop of forwarded.split(',').toReversed()) {
        const address = plain(hop.trim())
        if (isIP(address) === 0) break
        client = address
        if (!isTrusted(address)) break
      }
      return networkOf(client)
    },
  }
}

/** Without a zone, which names an interface of ours; an IPv4 address written as IPv6 is the IPv4 address. */
function plain(address: string | undefined): string {
  const bare = (address ?? '').replace(/%.*$/, '')
  if (!isIPv6(bare)) return bare
  const groups = groupsOf(bare)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (!isMapped) return bare
  return [groups[6]!, groups[7]!].flatMap((group) => [group >> 8, group & 0xff]).join('.')
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const network = groupsOf(address).slice(0, 4)
  return `${network.map((group) => group.toString(16)).join(':')}::/64`
}

/** The eight numbers of an IPv6 address without a zone. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const left = numbersIn(head)
  const right = numbersIn(tail ?? '')
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

/** The last 32 bits may be written as an IPv4 address. */
function numbersIn(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

function addTo(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/')
  const family = isIP(address)
  const bits = prefix === undefined ? undefined : Number(prefix)
  const widest = family === 6 ? 128 : 32
  if (family === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= widest))) {
    throw new Error(`not an address or CIDR range: ${entry}`)
  }
  const type = family === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, type)
  else list.addSubnet(address, bits, type)
}
