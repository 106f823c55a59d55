import {expect} from 'chai';

/** A request and its reply, as a page shows them. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** JSON, with the names of what is not known beforehand. */
  readonly body: string;
  readonly status: number;
  readonly reply: unknown;
}

/** Reads exchanges that are separated by empty lines: `POST URL`, the body, the status, the reply. @throws where one is none */
export function parseExchanges(text: string): readonly Exchange[] {
  return text
    .trim()
    .split('\n\n')
    .map((part) => {
      const [, method = '', url = '', body = '', status, reply] =
        /^(GET|POST) (\S+)\n([^]*?)^(\d{3})\n([^]+)$/m.exec(part) ?? [];
      if (reply === undefined) throw new Error(`This is no exchange:\n${part}`);
      return {method, url, body: body.trim(), status: Number(status), reply: JSON.parse(reply) as unknown};
    });
}

/** What names of a page stand for: each for what the first reply that has it has in that place. */
export class Names {
  readonly #values: Map<string, string>;

  constructor(known: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(known));
  }

  get(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`Nothing is called ${name} yet.`);
    return value;
  }

  /** A text of the page with what its names stand for. */
  fill(text: string): string {
    return text.replace(/\b[A-Z]{3,}\b/g, (name) => this.#values.get(name) ?? name);
  }

  /** Asserts that a reply is as the page shows it; `"…"` is any text, and among members: any others. */
  match(actual: unknown, shown: unknown, path = 'reply'): void {
    if (shown === '…') expect(actual, path).to.be.a('string');
    else if (typeof shown === 'string' && /^[A-Z]{3,}$/.test(shown)) this.#matchName(actual, shown, path);
    else if (Array.isArray(shown)) {
      expect(actual, path).to.be.an('array').with.length(shown.length);
      shown.forEach((item, index) => this.match((actual as unknown[])[index], item, `${path}[${index}]`));
    } else if (typeof shown === 'object' && shown !== null) this.#matchObject(actual, shown, path);
    else expect(actual, path).to.equal(shown);
  }

  #matchObject(actual: unknown, shown: object, path: string): void {
    expect(actual, path).to.be.an('object');
    const {'…': others, ...members} = shown as Readonly<Record<string, unknown>>;
    if (others === undefined) expect(actual, path).to.have.all.keys(...Object.keys(members));
    for (const [name, member] of Object.entries(members)) {
      this.match((actual as Readonly<Record<string, unknown>>)[name], member, `${path}.${name}`);
    }
  }

  #matchName(actual: unknown, name: string, path: string): void {
    expect(actual, path).to.be.a('string');
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, String(actual));
    else expect(actual, path).to.equal(known);
  }
}
