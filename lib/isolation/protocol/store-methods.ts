import type {Stores} from '../../storage/stores.ts';
import type {Method} from '../../rpc/connection.ts';
import {HIERARCHY_METHODS} from './hierarchy-methods.ts';
import {JOB_METHODS} from './job-methods.ts';
import {KEY_METHODS, KEYSTORE_METHODS, STATE_METHODS} from './record-methods.ts';
import {
  boolean,
  bytes,
  count,
  done,
  fields,
  integer,
  list,
  maybe,
  oneOf,
  optional,
  text,
  tuple,
} from '../../rpc/shape.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';

/** Stores that the key process has by way of the HTTP process, which has the database. */
export type StoreName = Exclude<
  {[N in keyof Stores]: Stores[N] extends (...parameters: never[]) => unknown ? never : N}[keyof Stores],
  'transfer' | 'copyTo' | 'tidy' | undefined
>;

type StoreMethods = {readonly [S in StoreName]: MethodsOf<Stores[S]>};

const revocationKey = fields({delegator: text, capabilityId: text});
const revocation = fields({
  keystoreId: text,
  delegator: text,
  capabilityId: text,
  expiresAt: integer,
  revoker: text,
  revokedAt: integer,
});
const expired = fields({before: integer, limit: count});

/** All that the key process may ask of the stores: each method's parameters and result. */
export const STORE_METHODS: StoreMethods = {
  keystores: KEYSTORE_METHODS,
  keys: KEY_METHODS,
  state: STATE_METHODS,
  keyHierarchy: HIERARCHY_METHODS,
  jobs: JOB_METHODS,
  keyUses: {
    add: {
      parameters: tuple(fields({keystoreId: text, localKeyId: text, version: count, count})),
      result: count,
      writes: true,
    },
    find: {
      parameters: tuple(fields({keystoreId: text, localKeyId: text})),
      result: list(tuple<readonly [number, number]>(count, count)),
    },
  },
  revocations: {
    insert: {
      parameters: tuple(revocation, fields({charge: optional(fields({to: text, max: count}))})),
      result: done,
      writes: true,
    },
    isAnyRevoked: {parameters: tuple(text, list(revocationKey)), result: boolean},
    list: {
      parameters: tuple(fields({keystoreId: text, limit: count, cursor: optional(text)})),
      result: fields({results: list(revocation), cursor: optional(text)}),
    },
    deleteExpired: {parameters: tuple(expired), result: count, writes: true},
  },
  replays: {
    remember: {parameters: tuple(bytes, fields({expiresAt: integer})), result: boolean, writes: true},
    deleteExpired: {parameters: tuple(expired), result: count, writes: true},
  },
  leases: {
    acquire: {
      parameters: tuple(text, fields({holder: text, now: integer, expiresAt: integer})),
      result: boolean,
      writes: true,
    },
    release: {parameters: tuple(text, text), result: done, writes: true},
  },
};

type BackendMethods = MethodsOf<
  Pick<Stores, 'ping' | 'verify'> & {
    readMark: NonNullable<Stores['transfer']>['readMark'];
  }
>;

/** What is asked of the backend itself. */
export const BACKEND_METHODS: BackendMethods = {
  ping: {parameters: tuple(), result: done},
  verify: {parameters: tuple(), result: list(text)},
  readMark: {
    parameters: tuple(),
    result: maybe(
      fields({
        state: oneOf('filling', 'whole', 'moving', 'moved'),
        moveId: text,
        other: text,
        since: integer,
        progress: optional(text),
      }),
    ),
  },
};

/** The name on the wire. */
export const storeMethodName = (store: StoreName | 'backend', method: string): string => `${store}.${method}`;

/** Every method by its name on the wire. */
export function eachStoreMethod(): readonly (readonly [
  store: StoreName,
  method: string,
  Method<unknown, unknown>,
])[] {
  return (Object.keys(STORE_METHODS) as StoreName[]).flatMap((store) =>
    Object.entries(STORE_METHODS[store] as Readonly<Record<string, Method<unknown, unknown>>>).map(
      ([name, method]) => [store, name, method] as const,
    ),
  );
}
