/** Remembers with which url a store was opened, so that no url with a password sits on the store itself. */

const urls = new WeakMap<object, string>()

export function rememberUrl(store: object, url: string): void {
  urls.set(store, url)
}

/** The url of the user who owns the tables: migrations run as that user, not in the sessions' role. */
export function ownerUrl(store: object): string {
  const url = urls.get(store)
  if (url === undefined) throw new Error('this store was not opened by openStore')
  return url
}
