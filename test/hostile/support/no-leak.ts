import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {WireResponse} from '../../support/raw-client.ts';
import {headerOf, type WireRequest} from '../../support/wire.ts';
import type {DatabaseProbe} from './database-probe.ts';

const BODY_MEMBERS = ['type', 'title', 'status', 'detail', 'message', 'name', 'details', 'cause'];
/** Frames of a stack, paths, and words that only the inside knows. */
const INSIDE = /\n\s+at |node_modules|node:|file:|\.[jt]s\b|sqlite|\bsql\b|\/tmp\//i;

/** What must never be seen outside of a server. */
export class Secrets {
  readonly #dataDir: string;
  readonly #rootKey: string;
  readonly #database: DatabaseProbe;

  constructor({dataDir}: {readonly dataDir: string}, database: DatabaseProbe) {
    this.#dataDir = dataDir;
    this.#rootKey = readFileSync(join(dataDir, 'root.key'), 'utf8').trim();
    this.#database = database;
  }

  /** A refusal is one of our error bodies, whole, and says nothing of the inside. */
  expectNoneIn({status, headers, json, text}: WireResponse): void {
    expect(headers['content-type']).to.equal('application/problem+json');
    expect(Object.keys(json as object)).to.satisfy((keys: string[]) =>
      keys.every((key) => BODY_MEMBERS.includes(key)),
    );
    expect(json).to.include({status, type: (json as {name: string}).name});
    expect(text).not.to.match(INSIDE);
    for (const secret of this.#all()) expect(text).not.to.include(secret);
  }

  /** The log holds neither what the server keeps nor what the request was authorised with. */
  expectNoneInLog(log: string, request: WireRequest | Buffer | string): void {
    expect(log).not.to.include(this.#rootKey);
    if (typeof request === 'string' || Buffer.isBuffer(request)) return;
    for (const name of ['authorization', 'capability-invocation', 'digest']) {
      for (const [, value = ''] of (headerOf(request, name) ?? '').matchAll(/="?([^",]{40,})/g)) {
        if (!value.startsWith('did:')) expect(log).not.to.include(value);
      }
    }
  }

  #all(): readonly string[] {
    const material = this.#database
      .material()
      .flatMap((bytes) => [bytes.toString('base64url').slice(0, 60), bytes.toString('hex').slice(0, 60)]);
    return [this.#dataDir, this.#rootKey, ...material];
  }
}
