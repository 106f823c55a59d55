import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import type {RootOfTrustOptions} from '../../lib/sealing/root-of-trust-options.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {expectRejection} from './expect-rejection.ts';
import {MemoryKeyHierarchyStore} from './memory-key-hierarchy-store.ts';
import {FakeSecrets} from './secrets-fixture.ts';
import {useTempDir} from './temp-dir.ts';

interface LogLine {
  readonly level: 'info' | 'warn';
  readonly fields: object;
  readonly message: string;
}

export class RootOfTrustFixture {
  readonly path: (name: string) => string;
  store = new MemoryKeyHierarchyStore();
  lines: LogLine[] = [];
  secretSource = new FakeSecrets();
  readonly log = {
    info: (fields: object, message: string) => void this.lines.push({level: 'info', fields, message}),
    warn: (fields: object, message: string) => void this.lines.push({level: 'warn', fields, message}),
  };
  #opened: RootOfTrust[] = [];

  constructor(path: (name: string) => string) {
    this.path = path;
  }

  uri(name: string): string {
    return `file:${this.path(name)}`;
  }

  async open(seedUri: string, more: Partial<RootOfTrustOptions> = {}): Promise<RootOfTrust> {
    const root = await RootOfTrust.open({...this.#options(seedUri), clock: () => 1234, ...more});
    this.#opened.push(root);
    return root;
  }

  refusal(seedUri: string): Promise<RootOfTrustError> {
    return expectRejection(RootOfTrust.open(this.#options(seedUri)), RootOfTrustError);
  }

  async reset(): Promise<void> {
    await Promise.all(this.#opened.map((root) => root.close()));
    this.#opened = [];
    this.store = new MemoryKeyHierarchyStore();
    this.lines = [];
    this.secretSource = new FakeSecrets();
  }

  #options(seedUri: string): RootOfTrustOptions {
    const {store, log, secretSource} = this;
    return {store, seedUri, log, secretSource};
  }
}

/** An empty directory and an empty store for each test of the surrounding `describe`. */
export function useRootOfTrust(): RootOfTrustFixture {
  const fixture = new RootOfTrustFixture(useTempDir());
  afterEach(() => fixture.reset());
  return fixture;
}
