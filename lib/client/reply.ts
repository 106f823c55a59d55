import {decodeBase64url} from '../encoding/base64url.ts';
import {parseCiphertext} from '../keys/ciphertext-text.ts';
import {UnexpectedReplyError} from './client-errors.ts';

/** A JSON object that somebody else made. Its members are what they are asked for as, or `UnexpectedReplyError`. */
export class Reply {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #what: string;

  /** @param what names it in errors. @throws UnexpectedReplyError where it is no object */
  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UnexpectedReplyError(`${what} must be an object.`);
    }
    this.#members = value as Readonly<Record<string, unknown>>;
    this.#what = what;
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  isList(name: string): boolean {
    return Array.isArray(this.#member(name));
  }

  isNull(name: string): boolean {
    return this.#member(name) === null;
  }

  text(name: string): string {
    const value = this.#member(name);
    return typeof value === 'string' ? value : this.#refuse(name, 'a string');
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  flag(name: string): boolean {
    const value = this.#member(name);
    return typeof value === 'boolean' ? value : this.#refuse(name, 'true or false');
  }

  /** A whole number from `min`. */
  count(name: string, min = 0): number {
    const value = this.#member(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= min
      ? value
      : this.#refuse(name, `a whole number from ${min}`);
  }

  optionalCount(name: string, min = 0): number | undefined {
    return this.has(name) ? this.count(name, min) : undefined;
  }

  /** Unpadded base64url. */
  bytes(name: string): Buffer {
    return decodeBase64url(this.text(name)) ?? this.#refuse(name, 'unpadded base64url');
  }

  /** What a KMS encrypted: `webkms:v<version>:<unpadded base64url>`. */
  ciphertext(name: string): string {
    const text = this.text(name);
    return parseCiphertext(text) ? text : this.#refuse(name, 'of the form webkms:v<version>:<base64url>');
  }

  object(name: string): Reply {
    return new Reply(this.#member(name), this.#path(name));
  }

  /** The member as it is, where it is an object. */
  plainObject(name: string): Readonly<Record<string, unknown>> {
    return this.object(name).#members;
  }

  /** Each item made by `read`, which is given the item and its name for errors. */
  list<T>(name: string, read: (item: unknown, what: string) => T): readonly T[] {
    const value = this.#member(name);
    if (!Array.isArray(value)) return this.#refuse(name, 'an array');
    return value.map((item: unknown, index) => read(item, `${this.#path(name)}[${index}]`));
  }

  texts(name: string): readonly string[] {
    return this.list(name, (item) => (typeof item === 'string' ? item : this.#refuse(name, 'of strings')));
  }

  /** An object of strings. */
  textMap(name: string): Readonly<Record<string, string>> {
    const entries = Object.entries(this.plainObject(name)).map(([key, value]) =>
      typeof value === 'string' ? ([key, value] as const) : this.#refuse(name, 'an object of strings'),
    );
    return Object.fromEntries(entries);
  }

  #member(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  #path(name: string): string {
    return `${this.#what}.${name}`;
  }

  #refuse(name: string, wanted: string): never {
    throw new UnexpectedReplyError(`${this.#path(name)} must be ${wanted}.`);
  }
}
