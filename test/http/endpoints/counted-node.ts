import {mkdir} from 'node:fs/promises';
import {KmsError} from '../../../lib/errors.ts';
import {loadSettings} from '../../../lib/config/load-settings.ts';
import type {KmsEndpoints} from '../../../lib/http/create-app.ts';
import {createKmsEndpoints} from '../../../lib/http/endpoints/kms-endpoints.ts';
import {matchPath} from '../../../lib/http/router.ts';
import {openKeyManagement, type KeyManagement} from '../../../lib/key-management.ts';
import {createLogger} from '../../../lib/observability/logger.ts';
import type {StateRequest} from '../../../lib/storage/state-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {createDidResolver, type DidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import {ZcapAuthorizer} from '../../../lib/zcap/zcap-authorizer.ts';
import type {WireRequest} from '../../support/wire.ts';

export const BASE_URL = 'https://kms.example';

export interface NodeAnswer {
  readonly status: number;
  readonly json: unknown;
  /** Of a NotAllowedError. */
  readonly reason: string | undefined;
}

export interface CountedNodeOptions {
  /** Its own. */
  readonly dataDir: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly resolver?: DidResolver;
}

/** A server without HTTP: its endpoints over its stores, whose every call is noted. */
export class CountedNode {
  readonly management: KeyManagement;
  readonly #endpoints: KmsEndpoints;
  readonly #calls: string[];
  readonly #closing: AsyncDisposableStack;

  private constructor(
    management: KeyManagement,
    calls: string[],
    closing: AsyncDisposableStack,
    resolver: DidResolver,
  ) {
    const {settings, requestStores: stores, keyService, keyModules} = management;
    this.management = management;
    this.#calls = calls;
    this.#closing = closing;
    const authorizer = new ZcapAuthorizer({
      resolver,
      replays: stores.replays,
      limitInvoker: async () => undefined,
      maxDelegationTtlMs: settings.maxDelegationTtlSeconds * 1000,
    });
    const {baseUrl, keystoreCreation, keyDescriptions, quotas} = settings;
    this.#endpoints = createKmsEndpoints({
      ...{baseUrl, stores, authorizer, keyService, keyModules, keystoreCreation, keyDescriptions, quotas},
    });
  }

  static async open({
    dataDir,
    environment = {},
    resolver = createDidResolver(),
  }: CountedNodeOptions): Promise<CountedNode> {
    const closing = new AsyncDisposableStack();
    await mkdir(dataDir, {recursive: true, mode: 0o700});
    const settings = loadSettings({
      environment: {WEBKMS_BASE_URL: BASE_URL, WEBKMS_DATA_DIR: dataDir, ...environment},
    });
    const management = await openKeyManagement(settings, {log: createLogger({level: 'silent'}), closing});
    return new CountedNode(management, noteCalls(management.stores), closing, resolver);
  }

  async answer({method, target, headers, body}: WireRequest): Promise<NodeAnswer> {
    const found = matchPath(target.split('?')[0] ?? '');
    const name = found?.resource.routes.get(method);
    if (!found || name === undefined || name === 'live' || name === 'ready') throw new TypeError('No route.');
    const rawHeaders = headers.flat();
    try {
      const reply = await this.#endpoints[name]({
        id: 'request',
        head: {method, target, rawHeaders, remoteAddress: '127.0.0.1'},
        params: found.params,
        log: this.management.log,
        readBody: async () => body ?? Buffer.alloc(0),
        time: (_stage, work) => work(),
      });
      return {status: reply.status, json: reply.body, reason: undefined};
    } catch (error) {
      if (!(error instanceof KmsError)) return {status: 500, json: {name: String(error)}, reason: undefined};
      const {name: word, message, status} = error;
      const reason = 'reason' in error ? String(error.reason) : undefined;
      return {status, json: {name: word, message}, reason};
    }
  }

  /** What was asked of the store since the last time, in order. */
  calls(): readonly string[] {
    return this.#calls.splice(0);
  }

  async close(): Promise<void> {
    await this.#closing.disposeAsync();
  }
}

/** Notes every call of every store's methods, whoever holds the store. */
function noteCalls(stores: Stores): string[] {
  const calls: string[] = [];
  const parts = ['keystores', 'keys', 'keyUses', 'revocations', 'replays', 'keyHierarchy', 'state'] as const;
  for (const part of parts) {
    const store: object = stores[part];
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(store))) {
      const method: unknown = Reflect.get(store, name);
      if (name === 'constructor' || typeof method !== 'function') continue;
      const noted = (...args: unknown[]): unknown => {
        calls.push(`${part}.${name}${part === 'state' && asksForKey(args[0]) ? ' with key' : ''}`);
        return Reflect.apply(method, store, args);
      };
      Object.defineProperty(store, name, {value: noted});
    }
  }
  return calls;
}

function asksForKey(request: unknown): boolean {
  return (request as StateRequest).localKeyId !== undefined;
}
