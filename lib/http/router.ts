import {LOCAL_ID_PATTERN} from '../encoding/local-id.ts';

export interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
}

const KEYSTORE = '/kms/keystores/:keystore';

/** The routes of the KMS: every request but those for health is one of these. */
export const KMS_ROUTES = [
  {name: 'createKeystore', method: 'POST', path: '/kms/keystores'},
  {name: 'listKeystores', method: 'GET', path: '/kms/keystores'},
  {name: 'getKeystore', method: 'GET', path: KEYSTORE},
  {name: 'updateKeystore', method: 'POST', path: KEYSTORE},
  {name: 'deleteKeystore', method: 'DELETE', path: KEYSTORE},
  {name: 'generateKey', method: 'POST', path: `${KEYSTORE}/keys`},
  {name: 'listKeys', method: 'GET', path: `${KEYSTORE}/keys`},
  {name: 'getKeyDescription', method: 'GET', path: `${KEYSTORE}/keys/:key`},
  {name: 'runKeyOperation', method: 'POST', path: `${KEYSTORE}/keys/:key`},
  {name: 'listRevocations', method: 'GET', path: `${KEYSTORE}/zcaps/revocations`},
  {name: 'revokeCapability', method: 'POST', path: `${KEYSTORE}/zcaps/revocations/:zcapId`},
] as const satisfies readonly Route[];

export const HEALTH_ROUTES = [
  {name: 'live', method: 'GET', path: '/health/live'},
  {name: 'ready', method: 'GET', path: '/health/ready'},
] as const satisfies readonly Route[];

export type RouteName = (typeof KMS_ROUTES)[number]['name'] | (typeof HEALTH_ROUTES)[number]['name'];

/** What a parameter may be, as the source of a regular expression. */
const PARAMETERS: Readonly<Record<string, string>> = {
  keystore: LOCAL_ID_PATTERN,
  key: LOCAL_ID_PATTERN,
  // Whatever `encodeURIComponent` can give; whether it is one is for the endpoint to say.
  zcapId: "[A-Za-z0-9_.!~*'()%-]+",
};

/** A path and the routes that share it. */
export interface Resource {
  readonly routes: ReadonlyMap<string, RouteName>;
  /** The methods, for `Allow`. */
  readonly methods: readonly string[];
}

export interface Match {
  readonly resource: Resource;
  readonly params: Readonly<Record<string, string>>;
}

const RESOURCES = compile([...KMS_ROUTES, ...HEALTH_ROUTES]);

/**
 * Finds the resource that a raw path names. Nothing is decoded, folded or normalised: a path that is not canonical
 * (R31) is no route's. Express's own matching normalises and decodes, so it is not used.
 */
export function matchPath(path: string): Match | undefined {
  for (const {pattern, names, resource} of RESOURCES) {
    const found = pattern.exec(path);
    if (!found) continue;
    const params: Record<string, string> = {};
    names.forEach((name, index) => (params[name] = found[index + 1] ?? ''));
    return {resource, params};
  }
  return undefined;
}

function compile(
  routes: readonly (Route & {readonly name: RouteName})[],
): {pattern: RegExp; names: readonly string[]; resource: Resource}[] {
  return [...Map.groupBy(routes, ({path}) => path)].map(([path, sharing]) => {
    const names: string[] = [];
    // Groups are not named: to make an object of named ones would take as long as the rest of the match.
    const source = path.replace(/:(\w+)/g, (_, name: string) => {
      names.push(name);
      return `(${PARAMETERS[name] ?? '(?!)'})`;
    });
    return {
      pattern: new RegExp(`^${source}$`),
      names,
      resource: {
        routes: new Map(sharing.map(({method, name}) => [method, name])),
        methods: [...sharing.map(({method}) => method), 'OPTIONS'],
      },
    };
  });
}
