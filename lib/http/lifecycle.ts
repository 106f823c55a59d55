/** Whether the server still takes requests: told once, asked by every reply. */
export class Lifecycle {
  #draining = false;
  #stopping = false;

  /** From now on connections are closed after their reply. */
  get draining(): boolean {
    return this.#draining;
  }

  /** The server is not ready, either. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** The server ends. */
  drain(): void {
    this.#draining = true;
    this.#stopping = true;
  }

  /** Another process of the server answers in the place of this one. */
  retire(): void {
    this.#draining = true;
  }
}
