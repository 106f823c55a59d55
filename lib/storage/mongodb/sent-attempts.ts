import {UnavailableError} from '../../errors.ts';

/** How often the driver has made a message of a write: it tries some again by itself. */
export class SentAttempts {
  #count = 0;
  #isAbandoned = false;

  get count(): number {
    return this.#count;
  }

  /** From here on nothing is sent any more: nobody waits for it. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** The document, which counts when it is put into a message, right before that goes to the socket. */
  counted<T extends object>(document: T): T {
    const count = (): T => {
      if (this.#isAbandoned) throw new UnavailableError('The store took too long.');
      this.#count++;
      return document;
    };
    return Object.defineProperty({...document}, 'toBSON', {value: count});
  }
}
