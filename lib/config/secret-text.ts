import {inspect} from 'node:util';

const SHOWN = '[secret]';

/** A text that may hold a secret: whatever prints it shows that there is one, and no more. */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
