import {expect} from 'chai';
import type {Controller} from '../support/did-key.ts';
import {withoutHeader} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, invalid, malformed, wrongState, type Refusal} from './support/refusal.ts';

const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const DELEGATOR = forbidden(
  'delegator',
  'The capability controller does not match the verification method (or its controller) used to delegate.',
);
const shape = (...issues: readonly string[]) => invalid('updateKeystoreConfigBody', ...issues);
const notNext = (next: number) =>
  wrongState(`The "sequence" must be ${next}, one more than the stored config's.`, 'ERR_KEYSTORE_SEQUENCE');
const unchangeable = (name: string) => wrongState(`The "${name}" of a keystore cannot be changed.`);
const OTHER_URL: Refusal = {
  status: 400,
  name: 'URLMismatchError',
  reason: 'ERR_URL_MISMATCH',
  says: 'The "id" of the config is not the URL it was sent to.',
};

type Config = Readonly<{id: string; sequence: number; controller: unknown}>;

describe('hostile: changes of keystores', () => {
  const scene = useScene();
  const next = (config: Config, change: object = {}) => ({
    ...config,
    sequence: config.sequence + 1,
    ...change,
  });

  const REFUSED: readonly (readonly [string, object, Refusal])[] = [
    ['R48 sequence 0', {sequence: 0}, notNext(1)],
    ['R48 sequence 2', {sequence: 2}, notNext(1)],
    ['R48 the largest sequence', {sequence: 2 ** 53 - 1}, notNext(1)],
    ['sequence 2^53', {sequence: 2 ** 53}, shape('.sequence should be <= 9007199254740991')],
    ['sequence 1e300', {sequence: 1e300}, shape('.sequence should be <= 9007199254740991')],
    ['sequence -1', {sequence: -1}, shape('.sequence should be >= 0')],
    ['sequence 1.5', {sequence: 1.5}, shape('.sequence should be integer')],
    ['sequence "1"', {sequence: '1'}, shape('.sequence should be integer')],
    ['sequence null', {sequence: null}, shape('.sequence should be integer')],
    ['sequence true', {sequence: true}, shape('.sequence should be integer')],
    ['no sequence', {sequence: undefined}, shape(" should have required property 'sequence'")],
    ['no controller', {controller: undefined}, shape(" should have required property 'controller'")],
    ['no controllers', {controller: []}, shape('.controller should NOT have fewer than 1 items')],
    ['another kmsModule', {kmsModule: 'ssm-v1'}, unchangeable('kmsModule')],
    ['a meterId', {meterId: 'urn:uuid:1'}, unchangeable('meterId')],
    ['an unknown member', {creator: 'did:example:mallory'}, shape(' should NOT have additional properties')],
  ];
  for (const [title, change, refusal] of REFUSED) {
    it(title, async () => {
      const s = scene();
      const config = await s.createKeystore(s.owner);
      await s.refused(s.updating(config, {json: next(config, change)}), refusal);
      await s.accepted(s.updating(next(config)));
    });
  }

  it("an update that names another keystore's id changes neither", async () => {
    const s = scene();
    const [mine, other] = [await s.createKeystore(s.owner), await s.createKeystore(s.owner)];
    await s.refused(s.updating(mine, {json: next(other)}), OTHER_URL);
    await s.refused(
      s.updating(mine, {json: next({...mine, id: mine.id.replace('localhost', 'LOCALHOST')})}),
      OTHER_URL,
    );
    await s.refused(s.updating(mine, {json: next({...mine, id: `${mine.id}/`})}), OTHER_URL);
    await s.accepted(s.updating(next(mine)));
  });

  it('§8 what is wrong with the body is told without Authorization too', async () => {
    const s = scene();
    const config = await s.createKeystore(s.owner);
    const bad = s.updating(config, {json: next(config, {sequence: 'x'})});
    await s.refused(withoutHeader(bad, 'authorization'), shape('.sequence should be integer'));
    await s.refused(
      withoutHeader(s.updating(next(config)), 'authorization'),
      malformed('The "authorization" header is missing or is not a well-formed HTTP signature.'),
    );
    await s.accepted(s.updating(next(config)));
  });

  it('strangers neither change nor delete', async () => {
    const s = scene();
    const config = await s.createKeystore(s.owner);
    for (const signer of [s.stranger, s.foreign.owner]) {
      await s.refused(s.updating(next(config, {controller: signer.did}), {signer}), INVOKER);
      await s.refused(s.reading({url: config.id, method: 'DELETE', action: 'write', signer}), INVOKER);
    }
    await s.accepted(s.updating(next(config)));
    await s.accepted(s.reading({url: config.id, method: 'DELETE', action: 'write'}), 204);
  });

  it('R48 after a transfer the old controller is a stranger on every route, and what it delegated is void', async () => {
    const s = scene();
    const {owner, keystore, keys} = await s.acquire(s.alice);
    const capability = await s.chain([s.bob], {property: {owner, keystore, keys}});
    const config = {id: keystore, sequence: 0, controller: owner.did};
    const everything = (signer: Controller) => [
      s.reading({url: keystore, signer}),
      s.reading({url: keys.ed25519, signer}),
      s.reading({url: `${keystore}/keys`, signer}),
      s.reading({url: `${keystore}/zcaps/revocations`, signer}),
      s.signing({url: keys.ed25519, signer}),
      s.generating(undefined, {url: `${keystore}/keys`, signer}),
    ];
    for (const request of everything(s.alice)) await s.accepted(request);
    for (const request of everything(s.carol)) await s.refused(request, INVOKER);
    await s.accepted(s.signing({url: keys.ed25519, signer: s.bob, capability}));
    await s.accepted(s.updating(next(config, {controller: s.carol.did}), {signer: s.alice}));
    for (const request of everything(s.alice)) await s.refused(request, INVOKER);
    for (const request of everything(s.carol)) await s.accepted(request);
    await s.refused(s.signing({url: keys.ed25519, signer: s.bob, capability}), DELEGATOR);
    await s.refused(
      s.updating(next({...config, sequence: 1}, {controller: s.alice.did}), {signer: s.alice}),
      INVOKER,
    );
    await s.refused(s.reading({url: keystore, method: 'DELETE', action: 'write', signer: s.alice}), INVOKER);
    await s.refused(s.revoking(capability, {keystore, signer: s.alice}), DELEGATOR);
    expect((await s.accepted(s.reading({url: keystore, signer: s.carol}))).json).to.include({
      sequence: 1,
      controller: s.carol.did,
    });
  });

  it('R48 one of two controllers may remove the other, who is then a stranger', async () => {
    const s = scene();
    const config = await s.createKeystore(s.alice, {controller: [s.alice.did, s.bob.did]});
    await s.accepted(s.reading({url: config.id, signer: s.bob}));
    await s.refused(s.reading({url: config.id, signer: s.carol}), INVOKER);
    await s.accepted(s.updating(next(config, {controller: [s.bob.did]}), {signer: s.bob}));
    await s.refused(s.reading({url: config.id, signer: s.alice}), INVOKER);
    await s.accepted(s.reading({url: config.id, signer: s.bob}));
  });

  it('R48 of updates at once exactly one replaces', async () => {
    const s = scene();
    const config = await s.createKeystore(s.alice, {controller: [s.alice.did, s.bob.did]});
    const contenders = Array.from({length: 8}, (_, index) => [s.alice, s.bob][index % 2] ?? s.alice);
    const responses = await Promise.all(
      contenders.map(async (signer, index) =>
        s.sendAlone(s.updating(next(config, {ipAllowList: [`127.0.0.1/${index + 1}`]}), {signer})),
      ),
    );
    const statuses = responses.map(({status}) => status).toSorted();
    expect(statuses).to.deep.equal([200, ...Array.from({length: 7}, () => 409)]);
    const winner = responses.find(({status}) => status === 200)?.json as {config: object};
    expect((await s.accepted(s.reading({url: config.id, signer: s.alice}))).json).to.deep.equal(
      winner.config,
    );
  });

  it('R48 of two transfers at once the loser is refused, whoever won', async () => {
    const s = scene();
    const config = await s.createKeystore(s.alice);
    const to = async (heir: Controller) =>
      s.sendAlone(s.updating(next(config, {controller: heir.did}), {signer: s.alice}));
    const responses = await Promise.all([to(s.bob), to(s.carol)]);
    const [won, lost] = responses[0].status === 200 ? [s.bob, s.carol] : [s.carol, s.bob];
    const loser = responses.find(({status}) => status !== 200);
    expect(loser?.status).to.be.oneOf([403, 409]);
    await s.accepted(s.reading({url: config.id, signer: won}));
    await s.refused(s.reading({url: config.id, signer: lost}), INVOKER);
  });

  it('a keystore with keys cannot be deleted; a deleted one is nobody’s', async () => {
    const s = scene();
    const deleting = (url: string) => s.reading({url, method: 'DELETE', action: 'write'});
    await s.refused(deleting(s.keystore), wrongState('The keystore holds keys.'), {remembered: true});
    const {id} = await s.createKeystore(s.owner);
    await s.accepted(deleting(id), 204);
    for (const request of [
      s.reading({url: id}),
      deleting(id),
      s.generating(undefined, {url: `${id}/keys`}),
    ]) {
      await s.refused(request, INVOKER);
    }
    expect(await countOf(s, id)).to.equal(0);
  });

  async function countOf(s: HostileScene, id: string): Promise<number> {
    const {json} = await s.accepted(s.listing(`?controller=${encodeURIComponent(s.owner.did)}&limit=1000`));
    return (json as {results: {id: string}[]}).results.filter((config) => config.id === id).length;
  }
});
