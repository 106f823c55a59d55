import {controller} from '../../../support/did-key.ts';
import {signDraft, withExtraHeader} from '../../../support/signed-request.ts';
import {type BaseFilter, draftOf, makeBase, nameOf} from '../base.ts';
import {type Make, Mutations} from '../mutation.ts';

/** A request about a keystore that allows these addresses. */
function from(
  ipAllowList: readonly string[],
  headers: Readonly<Record<string, string>> = {},
  filter: BaseFilter = {kinds: ['getKeystore', 'listKeys', 'generateKey'], depths: [0]},
): Make {
  return async ({world, random}) => {
    const owner = controller(random.uuid());
    const {id} = await world.freshKeystore(owner, {ipAllowList});
    const base = await makeBase(world, random, filter);
    const url = base.url.replace(world.property.keystore, id);
    const own = {...base, url, signer: owner, root: `urn:zcap:root:${encodeURIComponent(id)}`};
    const request = Object.entries(headers).reduce(
      (sofar, [name, value]) => withExtraHeader(sofar, name, value),
      signDraft(draftOf(own)),
    );
    return {base: nameOf(base), request};
  };
}

/** From where. */
export const R49 = new Mutations('R49')
  .accepted('an allowed address', from(['127.0.0.1/32']))
  .accepted('an allowed network', from(['10.0.0.0/8', '127.0.0.0/8']))
  .refused('another address', from(['127.0.0.2/32']))
  .refused('another network', from(['10.0.0.0/8']))
  .refused('an IPv6 address', from(['::1/128']))
  .stricter(
    'another address, the allowed one forwarded',
    'R49.forwarded',
    from(['10.0.0.0/8'], {'x-forwarded-for': '10.1.2.3'}),
  )
  .stricter(
    'another address, the allowed one forwarded first',
    'R49.forwarded',
    from(['10.0.0.0/8'], {'x-forwarded-for': '10.1.2.3, 192.0.2.1'}),
  )
  .stricter(
    'another address, the allowed one forwarded last',
    'R49.forwarded',
    from(['10.0.0.0/8'], {'x-forwarded-for': '192.0.2.1, 10.1.2.3'}),
  )
  .refused('another address, the allowed one as Forwarded', from(['10.0.0.0/8'], {forwarded: 'for=10.1.2.3'}))
  .refused('another address, the allowed one as X-Real-IP', from(['10.0.0.0/8'], {'x-real-ip': '10.1.2.3'}));
