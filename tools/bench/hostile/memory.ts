/** The most a server held since it was last asked, looked at five times a second; helpers apart, its database not. */
import { listFamily } from '../process-stat.ts'

export class Memory {
  #highestKb = 0
  #helpersKb = 0
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const [own, ...below] = listFamily(pid)
      const helpers = below.filter(({ name }) => name !== 'postgres')
      this.#highestKb = Math.max(this.#highestKb, own?.rssKb ?? 0)
      const helpersKb = helpers.reduce((sum, { rssKb }) => sum + rssKb, 0)
      this.#helpersKb = Math.max(this.#helpersKb, helpersKb)
    }, 200)
  }
  /** Forgets what was; what is held now counts from here on. */
  begin(): void {
    this.#highestKb = 0
    this.#helpersKb = 0
  }
  get highestKb(): number {
    return this.#highestKb
  }
  /** Of processes the server started, such as those that decode pictures. */
  get helpersKb(): number {
    return this.#helpersKb
  }
  end(): void {
    clearInterval(this.#timer)
  }
}
