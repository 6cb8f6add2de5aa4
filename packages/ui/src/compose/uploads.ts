/** Pictures on their way to the server, one after another, each with its progress, a way out and a second try. */
import type { GroupHandle } from '@qun/sdk'
import { useMemo, useRef, useState } from 'react'
import { problemText } from '../parts/problem.ts'
import type { Upload, Uploads } from '../chat-context.tsx'
import { useQun } from '../qun-context.ts'
import { texts } from '../texts.ts'

/** Pictures chosen at once; more are left out. */
const picturesMax = 9

export interface Job extends Upload {
  readonly abort: AbortController
  readonly show: (share: number) => void
}
/** Pictures go in the order they were chosen; `onSent` is told before each is posted. */
export function useUploads(group: GroupHandle, onSent: () => void): Uploads {
  const { client, talk, toast } = useQun()
  const [list, setList] = useState<readonly Job[]>([])
  const waiting = useRef<Job[]>([])
  const busy = useRef(false)
  const lastId = useRef(0)
  const forget = (job: Job) => {
    setList((all) => all.filter((one) => one.id !== job.id))
    URL.revokeObjectURL(job.address)
  }
  const upload = async (job: Job) => {
    try {
      const writing = await talk?.writeImage?.(client, group, job.file, job.show, job.abort.signal)
      if (!writing || job.abort.signal.aborted) return
      forget(job)
      onSent()
      // A refusal shows as the red mark on the bubble itself.
      void group.send(writing.card, writing.body).catch(() => {})
    } catch (error) {
      if (job.abort.signal.aborted) return
      const problem = problemText(error)
      setList((all) => all.map((one) => (one.id === job.id ? { ...one, problem } : one)))
    }
  }
  const add = async (jobs: readonly Job[]) => {
    waiting.current.push(...jobs)
    if (busy.current) return
    busy.current = true
    for (let job = waiting.current.shift(); job; job = waiting.current.shift()) {
      if (!job.abort.signal.aborted) await upload(job)
    }
    busy.current = false
  }
  const actions = {
    send: (files: readonly File[]) => {
      const pictures = files.filter((file) => file.type.startsWith('image/')).slice(0, picturesMax)
      if (pictures.length === 0 && files.length > 0) return toast(texts['compose.notImage'])
      const jobs = pictures.map((file) => jobOf(++lastId.current, file, client.serverNow()))
      setList((all) => [...all, ...jobs])
      void add(jobs)
    },
    cancel: (id: number) => {
      const job = list.find((one) => one.id === id)
      if (!job) return
      job.abort.abort()
      forget(job)
    },
    retry: (id: number) => {
      const job = list.find((one) => one.id === id)
      if (!job) return
      const { problem: _, ...again } = job
      again.show(0)
      setList((all) => all.map((one) => (one.id === id ? again : one)))
      void add([again])
    },
  }
  const possible = talk?.writeImage !== undefined
  // The actions see the list they were made with; they are made again when it changes.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => ({ possible, list, ...actions }), [possible, list])
}
export function jobOf(id: number, file: File, at: number): Job {
  let share = 0
  const listeners = new Set<() => void>()
  return {
    id,
    file,
    at,
    address: URL.createObjectURL(file),
    abort: new AbortController(),
    share: {
      get: () => share,
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    show: (next) => {
      share = next
      listeners.forEach((one) => one())
    },
  }
}
