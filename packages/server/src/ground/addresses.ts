/** Whose address a request counts against: the socket's, or what a trusted proxy says. */
import { BlockList, isIP } from 'node:net'

export interface AddressBook {
  /** The address limits count against. `forwarded` is X-Forwarded-For, believed only from a trusted peer. */
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
      if (forwarded === undefined || !isTrusted(peer)) return client
      // The rightmost address that is not a proxy of ours: whatever stands left of it, the client wrote itself.
      for (const hop of forwarded.split(',').toReversed()) {
        const address = plain(hop.trim())
        if (isIP(address) === 0) break
        client = address
        if (!isTrusted(address)) break
      }
      return client
    },
  }
}

/** An IPv4 address that arrived on an IPv6 socket is the IPv4 address. */
function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
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
