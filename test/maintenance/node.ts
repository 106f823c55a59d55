import {mkdir} from 'node:fs/promises';
import {pino, type Logger} from 'pino';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {openKeyManagement, type KeyManagement} from '../../lib/key-management.ts';
import type {KeyVersion} from '../../lib/key-modules/key-module.ts';
import {findKeyType, type KeyType} from '../../lib/keys/key-types.ts';
import type {JobOutcome, StepProgress} from '../../lib/maintenance/job-outcome.ts';
import type {JobRequest} from '../../lib/maintenance/job-request.ts';
import {JobRunner, type JobRunnerOptions} from '../../lib/maintenance/job-runner.ts';
import {findKeyModule} from '../../lib/operations/find-key-module.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';

const ALICE = 'did:key:z6MkAlice';
const DATA = Buffer.from('data');

function currentVersion({keystoreId, localKeyId, type, versions}: KeyRecord): KeyVersion {
  const {version, material, publicKey} = versions.at(-1)!;
  return {
    ...{keystoreId, localKeyId, type: findKeyType(type)!.name, version, material: material!},
    ...(publicKey && {publicKey}),
  };
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [member: string]: unknown;
}

export interface NodeOptions {
  readonly refreshMs?: number;
  /** The time of keys. */
  readonly clock?: () => number;
}

/** Fast, and without the pauses that are for requests. */
const AT_ONCE: Partial<JobRunnerOptions> = {pace: {share: 1}, settleMs: 20, leaseMs: 1000};

/** Key management over a data directory, as a server has it, with a job runner that tests can set up. */
export class Node {
  readonly management: KeyManagement;
  readonly lines: LogLine[];
  readonly #closing: AsyncDisposableStack;
  readonly #runners: JobRunner[] = [];

  private constructor(management: KeyManagement, lines: LogLine[], closing: AsyncDisposableStack) {
    this.management = management;
    this.lines = lines;
    this.#closing = closing;
  }

  static async open(dataDir: string, {refreshMs = 20, clock}: NodeOptions = {}): Promise<Node> {
    const closing = new AsyncDisposableStack();
    const lines: LogLine[] = [];
    await mkdir(dataDir, {recursive: true, mode: 0o700});
    const management = await openKeyManagement(loadSettings({environment: {WEBKMS_DATA_DIR: dataDir}}), {
      log: collectingLog(lines),
      closing,
      ...(clock && {clock}),
    });
    closing.defer(management.hierarchy.startRefreshing(refreshMs));
    return new Node(management, lines, closing);
  }

  runner(options: Partial<JobRunnerOptions> = {}): JobRunner {
    const runner = new JobRunner({...this.management, ...AT_ONCE, ...options});
    this.#runners.push(runner);
    return runner;
  }

  async run(
    request: JobRequest,
    {runner = this.runner(), progress = [] as StepProgress[]} = {},
  ): Promise<JobOutcome> {
    const {id} = await runner.start(request);
    const report = (each: StepProgress): void => void progress.push(each);
    return runner.watch(id, {report, signal: new AbortController().signal});
  }

  async addKeystore(): Promise<string> {
    const id = `https://localhost:9443/kms/keystores/${generateLocalId()}`;
    await this.management.requestStores.keystores.insert(
      {id, sequence: 0, controller: ALICE, kmsModule: 'software'},
      {creator: ALICE, maxPerCreator: 1000},
    );
    return id;
  }

  async addKey(keystoreId: string, type?: KeyType): Promise<void> {
    await this.insertKey(await this.makeKey(keystoreId, type));
  }

  /** A key that is not stored yet. */
  async makeKey(keystoreId: string, type: KeyType = 'Sha256HmacKey2019'): Promise<KeyRecord> {
    const identity = {keystoreId, localKeyId: generateLocalId(), type};
    const createdAt = Date.now();
    const module = findKeyModule('software', this.management.keyModules);
    const generated = await module.generateKey({...identity, version: 1});
    return {
      ...{...identity, sequence: 0, createdAt, updatedAt: createdAt, origin: 'generated', state: 'enabled'},
      versions: [{version: 1, createdAt, state: 'enabled', ...generated}],
    };
  }

  insertKey(record: KeyRecord): Promise<void> {
    return this.management.requestStores.keys.insert(record, {maxPerKeystore: 10_000});
  }

  async populate({keystores, keys}: {readonly keystores: number; readonly keys: number}): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < keystores; index++) {
      const id = await this.addKeystore();
      for (let key = 0; key < keys; key++)
        await this.addKey(id, key % 2 ? 'Ed25519VerificationKey2020' : undefined);
      ids.push(id);
    }
    return ids;
  }

  /** Verifies and uses every key, as a request does. @returns how many there are */
  async useEveryKey(): Promise<number> {
    const {stores, requestStores, keyModules} = this.management;
    let count = 0;
    for (const keystoreId of (await stores.keystores.listIds({limit: 1000})).results) {
      const {kmsModule} = (await requestStores.keystores.find(keystoreId))!;
      const module = findKeyModule(kmsModule, keyModules);
      for (const localKeyId of (await stores.keys.listIds({keystoreId, limit: 10_000})).results) {
        const record = await requestStores.keys.find({keystoreId, localKeyId});
        await module.sign(currentVersion(record!), DATA);
        count++;
      }
    }
    return count;
  }

  /** The root key's versions, and those of all data keys. */
  async versions(scope: string): Promise<Readonly<Record<string, readonly number[]>>> {
    const keys = await this.management.hierarchy.listKeys(scope);
    return Object.fromEntries(
      keys.map(({purpose, versions}) => [purpose, versions.map(({version}) => version)]),
    );
  }

  logged(level: string): readonly LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  async close(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.close()));
    await this.#closing.disposeAsync();
  }
}

function collectingLog(lines: LogLine[]): Logger {
  return pino(
    {level: 'debug', base: null, formatters: {level: (label) => ({level: label})}},
    {write: (line: string) => void lines.push(JSON.parse(line) as LogLine)},
  );
}
