/**
 * The copies of one template. Whoever has taken a second one will probably take a third: from then on one is made ahead,
 * while the test before it runs. One test alone makes nothing that nobody uses.
 */

export class Copies {
  readonly #make: () => Promise<string>
  #hasBefore = false
  #spare: Promise<string> | undefined

  constructor(make: () => Promise<string>) {
    this.#make = make
  }

  get hasSpare(): boolean {
    return this.#spare !== undefined
  }

  /** Gives away what was made ahead and nobody has taken: it is the caller's to remove. */
  async giveUpSpare(): Promise<string | undefined> {
    const spare = this.#spare
    this.#spare = undefined
    return spare?.catch(() => undefined)
  }

  /** The name of a copy that nobody else has. */
  async take(): Promise<string> {
    const spare = this.#spare
    this.#spare = undefined
    // one that could not be made ahead says nothing of the next: what hindered it may be gone
    const name = spare === undefined ? await this.#make() : await spare.catch(() => this.#make())
    if (this.#hasBefore && this.#spare === undefined) {
      this.#spare = this.#make()
      this.#spare.catch(() => {}) // told to who takes it
    }
    this.#hasBefore = true
    return name
  }
}
