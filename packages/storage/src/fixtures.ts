/** What the storage's own tests share: a migrated database each, and a wire that counts turns and can be cut. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { sql } from 'kysely'
import { migrate, type Migration } from './migrate.ts'
import { rls, type Tx } from './postgres.ts'
import { type Clone, cloneDatabase, templateDatabase, templateName } from './testing.ts'

export const migrations: readonly Migration[] = [
  {
    id: 'storage-fixture-001',
    up: [
      `create table note (app_id text not null, id bigint not null, body text not null, primary key (app_id, id))`,
      rls('note'),
      `create table plain (id bigint primary key)`,
    ],
  },
]

export async function freshDatabase(adminUrl: string): Promise<Clone> {
  const template = await templateDatabase({
    adminUrl,
    name: templateName(migrations),
    prepare: async (url) => {
      await migrate(url, migrations, () => 1)
    },
  })
  return await cloneDatabase(template)
}

export async function addNote(tx: Tx, appId: string, id: number, body = 'hello'): Promise<void> {
  await sql`insert into note (app_id, id, body) values (${appId}, ${id}, ${body})`.execute(tx)
}

export async function listNotes(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ note: string }>`select app_id || ' ' || id as note from note order by 1`.execute(tx)
  return rows.map((row) => row.note)
}

export interface Wire {
  readonly url: string
  /** How often the client had to wait for the server before it went on: the round trips since the last reset. */
  turns(): number
  resetTurns(): void
  /** Breaks the connections; new ones are refused until `restore`. */
  cut(): Promise<void>
  restore(): Promise<void>
  /** Keeps connections open but carries nothing any more. */
  freeze(): void
  /** Tells the client nothing of connections that the server ends from now on. */
  hideEnds(): void
  close(): Promise<void>
}

/** A wire between a client and the server of `url`. */
export async function wireTo(url: string): Promise<Wire> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let turns = 0
  let answered = true
  let frozen = false
  let endsAreHidden = false
  const listener = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    const pair = [client, server]
    for (const socket of pair) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        if (socket === server && endsAreHidden) return
        for (const other of pair) other.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (answered) turns += 1
      answered = false
      if (!frozen) server.write(bytes)
    })
    server.on('data', (bytes) => {
      answered = true
      if (!frozen) client.write(bytes)
    })
  })
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      listener.listen(port, '127.0.0.1', resolve)
    })
  await listen(0)
  const { port } = listener.address() as AddressInfo
  const through = new URL(url)
  through.port = String(port)
  const cut = async () => {
    const closed = new Promise((resolve) => listener.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: through.href,
    turns: () => turns,
    resetTurns() {
      turns = 0
      answered = true
    },
    cut,
    restore: () => listen(port),
    freeze() {
      frozen = true
    },
    hideEnds() {
      endsAreHidden = true
    },
    close: async () => {
      if (listener.listening) await cut()
    },
  }
}
