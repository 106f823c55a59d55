import {getCACertificates, setDefaultCACertificates} from 'node:tls';
import type {Controller} from '../../support/did-key.ts';
import {alice as holder} from '../../zcap/did/did-documents.ts';
import {DidWebServer, HOST} from '../../zcap/did/did-web-server.ts';
import {HostileScene} from './hostile-scene.ts';
import {PUBLIC_ADDRESS} from './outbound-watch.ts';

export interface DidWebScene {
  readonly scene: HostileScene;
  /** Counts what comes in; speaks for `HOST`, which the DNS says is public. */
  readonly bait: DidWebServer;
}

/** A server on which did:web is on, and one that it may fetch from. */
export function useDidWeb(): () => DidWebScene {
  const bait = new DidWebServer();
  let scene: HostileScene | undefined;
  let authorities: string[] = [];
  before(async () => {
    await bait.start();
    scene = await HostileScene.start({WEBKMS_DID_WEB: 'on', WEBKMS_DID_WEB_PORTS: `443,${bait.port}`});
    await scene.furnish();
    scene.outbound.addresses.set(HOST, PUBLIC_ADDRESS);
    authorities = getCACertificates('default');
    setDefaultCACertificates([...authorities, bait.ca]);
  });
  after(async () => {
    setDefaultCACertificates(authorities);
    await scene?.stop();
    await bait.stop();
  });
  return () => {
    if (!scene) throw new Error('The scene is made before the first test.');
    return {scene, bait};
  };
}

/** Somebody who signs with `did-documents`' key in the name of a did:web. */
export function didWebSigner(did: string): Controller {
  return {...holder, did, keyId: `${did}#key-1`};
}

/** What a fetch from `bait` looks like from inside. */
export function fetchFrom(bait: DidWebServer): readonly string[] {
  return [`resolve ${HOST}`, `connect ${HOST}:${bait.port}`];
}
