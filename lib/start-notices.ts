import {describeStorage} from './config/location-parsers.ts';
import type {Settings} from './config/settings.ts';

/** What is told of roots of trust. */
export interface TellableRoots {
  readonly uris: readonly string[];
  /** Whether one was made just now. */
  readonly created: boolean;
  readonly sealed: boolean;
}

/** What the person who has started the server is told of its store and its roots of trust. */
export function rootNotices({storage, dataDir}: Settings, {uris, created, sealed}: TellableRoots): string[] {
  const roots = `root of trust: ${uris.length > 0 ? uris.join(', ') : 'none yet'}`;
  return [
    `data directory: ${dataDir}`,
    `store: ${describeStorage(storage)}`,
    created ? `${roots}, made just now. Back it up: without it no key in the store can be used.` : roots,
    ...(sealed
      ? [
          uris.length > 0
            ? 'SEALED: every request is answered with 503 until shares were given to: webkms admin unseal'
            : 'SEALED: there is no root of trust yet; make it with: webkms admin init',
        ]
      : []),
  ];
}

/** Where it listens: the base URL, unless that is a proxy's. */
export function listeningUrl({baseUrl, listen, tls}: Settings, port: number): string {
  const {port: basePort} = new URL(baseUrl);
  if (tls.mode !== 'off' && Number(basePort || 443) === port) return baseUrl;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${tls.mode === 'off' ? 'http' : 'https'}://${host}:${port}`;
}
