import {draftCapability, signCapability} from '../../test/support/delegate.ts';
import {wireBytes} from '../../test/support/signed-request.ts';
import {at} from '../support/at.ts';
import {invoking} from './requests.ts';
import type {Scene} from './scene.ts';

/** Links that each request's chain has beyond the one that the party was given. */
const NEW_LINKS = 2;

/** What one party can make of one capability that it was given: chains that it delegates to itself, of new links each time. */
export async function makeFlood(scene: Scene, count: number): Promise<readonly Buffer[]> {
  const {capability: given, invoker, key} = at(await scene.grants(1), 0);
  const requests: Buffer[] = [];
  while (requests.length < count) {
    let capability = given;
    for (let link = 0; link < NEW_LINKS; link++) {
      const draft = draftCapability({parent: capability, delegator: invoker, controller: invoker});
      capability = await signCapability(draft);
    }
    requests.push(wireBytes(invoking({capability, invoker, key})));
  }
  return requests;
}
