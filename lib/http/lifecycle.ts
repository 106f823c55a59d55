/** Whether the server still takes requests: told once, asked by every reply. */
export class Lifecycle {
  #draining = false;

  /** From now on connections are closed after their reply, and the server is not ready. */
  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }
}
