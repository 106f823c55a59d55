import {boxRoots, forgetHanded, RootReceiver, type HandedRoot} from './handed-roots.ts';
import type {RootsChange} from './root-of-trust-options.ts';
import type {RootOfTrust} from './root-of-trust.ts';

/** @param point of a `RootReceiver` in another process. @returns a box for it; undefined where nothing is open */
export function giveRoots(root: Pick<RootOfTrust, 'handOver'>, point: Uint8Array): Uint8Array | undefined {
  const roots = root.handOver();
  try {
    return roots.length === 0 ? undefined : boxRoots(roots, point);
  } finally {
    forgetHanded(roots);
  }
}

/** @param ask another process. @returns secrets that the caller overwrites */
export async function receiveRoots(
  ask: (point: Uint8Array) => Promise<unknown>,
): Promise<readonly HandedRoot[]> {
  const receiver = new RootReceiver();
  const box = await ask(receiver.point);
  return box instanceof Uint8Array ? receiver.open(box) : [];
}

/** Does what another process has done. */
export async function followRoots(
  root: Pick<RootOfTrust, 'follow'>,
  change: RootsChange,
  receive: () => Promise<readonly HandedRoot[]>,
): Promise<void> {
  const roots = change === 'seal' ? [] : await receive();
  try {
    await root.follow(change, roots);
  } finally {
    forgetHanded(roots);
  }
}
