import {inspect} from 'node:util';

/** Base of classes that hold secrets: however they are logged or serialised, they print as `[redacted]`. */
export abstract class Redacted {
  toJSON(): string {
    return '[redacted]';
  }

  toString(): string {
    return `${this.constructor.name} [redacted]`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
