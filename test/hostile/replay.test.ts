import {expect} from 'chai';
import {mock} from 'node:test';
import {
  formatAuthorization,
  send,
  withExtraHeader,
  type SignedRequestOptions,
  type WireRequest,
} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, wrongState} from './support/refusal.ts';

const REPLAYED = forbidden('replayed', 'This signed request was accepted before.');
const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const notNext = (next: number) =>
  wrongState(`The "sequence" must be ${next}, one more than the stored config's.`, 'ERR_KEYSTORE_SEQUENCE');

/** Created so many seconds ago: tests are far apart, as requests that are alike are the same. */
function aged(seconds: number): Pick<SignedRequestOptions, 'overrides'> {
  const created = Math.floor(Date.now() / 1000) - seconds;
  return {overrides: {created: String(created), expires: String(created + 600)}};
}

describe('hostile: replay', () => {
  const scene = useScene();

  const CREATIONS: Readonly<Record<string, (s: HostileScene, age: number) => WireRequest>> = {
    'a keystore': (s, age) => s.creating(aged(age)),
    'a key': (s, age) => s.generating(undefined, aged(age)),
  };
  for (const [name, create] of Object.entries(CREATIONS)) {
    it(`R11 making ${name} again with the same bytes works within 5 seconds, as official clients do`, async () => {
      const s = scene();
      const status = name === 'a key' ? 200 : 201;
      // From a clock that is 200 s ahead, so that the 5 s are not over before this test is.
      const request = create(s, -200);
      const [first, second] = [await s.accepted(request, status), await s.accepted(request, status)];
      expect(first.headers['location']).not.to.equal(second.headers['location']);
    });

    it(`R11 making ${name} again with the same bytes is refused afterwards`, async () => {
      const s = scene();
      const status = name === 'a key' ? 200 : 201;
      const request = create(s, 10);
      await s.accepted(request, status);
      await s.refused(request, REPLAYED);
      await s.refused(request, REPLAYED);
      await s.accepted(create(s, 16), status);
    });

    it(`R11 of requests for ${name} with the same bytes, at once, one is the first`, async () => {
      const s = scene();
      const request = create(s, 90);
      const responses = await Promise.all(Array.from({length: 6}, async () => s.sendAlone(request)));
      const refusals = responses.filter(({status}) => status === 403);
      expect([refusals.length, responses.length]).to.deep.equal([5, 6]);
      for (const refusal of refusals) expect(s.log.lineOf(refusal).reason).to.equal('replayed');
    });
  }

  it('R11 the same signature is the same request, however its headers are written', async () => {
    const s = scene();
    const request = s.creating(aged(170));
    await s.accepted(request, 201);
    const spellings: readonly WireRequest[] = [
      withExtraHeader(request, 'x-request-id', 'another'),
      {...request, headers: request.headers.toReversed()},
      {...request, headers: request.headers.map(([name, value]) => [name.toUpperCase(), value])},
      {...request, headers: request.headers.map(([name, value]) => [name, ` ${value}  `])},
      s.creating({
        overrides: (draft) => ({
          ...(aged(170).overrides as object),
          created: /created="(\d+)"/.exec(authorizationOf(request))?.[1] ?? '',
          expires: /expires="(\d+)"/.exec(authorizationOf(request))?.[1] ?? '',
          formatAuthorization: (p) =>
            formatAuthorization(p).replace(/^Signature (.*),(created=.*)$/, 'Signature $2,$1'),
          signedHeaders: draft.signedHeaders,
        }),
      }),
    ];
    for (const spelling of spellings) await s.refused(spelling, REPLAYED);
    await s.accepted(s.creating(aged(175)), 201);
  });

  it('R11 a refused change is not done later by sending it again', async () => {
    const s = scene();
    const deleting = s.reading({method: 'DELETE', action: 'write'});
    await s.refused(deleting, wrongState('The keystore holds keys.'), {remembered: true});
    await s.refused(deleting, REPLAYED);
    await s.refused(
      s.reading({method: 'DELETE', action: 'write', ...aged(1)}),
      wrongState('The keystore holds keys.'),
      {remembered: true},
    );
  });

  it('R11 updates, deletions and revocations happen once', async () => {
    const s = scene();
    const {id} = await s.createKeystore(s.owner);
    const update = s.updating({id, sequence: 1, controller: s.owner.did});
    await s.accepted(update);
    await s.refused(update, notNext(2));
    await s.accepted(s.updating({id, sequence: 2, controller: s.owner.did}));
    await s.refused(update, notNext(3));
    const deletion = s.reading({url: id, method: 'DELETE', action: 'write'});
    await s.accepted(deletion, 204);
    await s.refused(deletion, INVOKER);
    const revocation = s.revoking(await s.delegation({controller: s.alice}));
    await s.accepted(revocation, 204);
    await s.refused(revocation, REPLAYED);
  });

  it('R11 uses of keys and reads may repeat', async () => {
    const s = scene();
    for (const request of [
      s.signing(aged(30)),
      s.reading(aged(30)),
      s.reading({url: s.keys.hmac, ...aged(30)}),
    ]) {
      const before = s.database.snapshot();
      const [first, second] = [await s.accepted(request), await s.accepted(request)];
      expect(first.text).to.equal(second.text);
      expect(s.database.snapshot()).to.deep.equal(before);
    }
  });

  it('R11 what is forgotten has expired', async () => {
    const s = scene();
    const request = s.creating(aged(250));
    await s.accepted(request, 201);
    mock.timers.enable({apis: ['Date'], now: Date.now() + (350 + 295) * 1000});
    try {
      await s.refused(request, REPLAYED);
      mock.timers.setTime(Date.now() + 10_000);
      await s.refused(request, forbidden('expired', 'The signature has expired.'));
      await s.accepted(s.creating(), 201);
    } finally {
      mock.timers.reset();
    }
  });

  it('R11 another node knows what this one accepted', async () => {
    const s = scene();
    const node = await s.startNode();
    const request = s.creating(aged(330));
    expect((await send(node, request)).status).to.equal(201);
    await s.refused(request, REPLAYED);
    const other = s.creating(aged(335));
    await s.accepted(other, 201);
    const {status, json} = await send(node, other);
    expect([status, (json as {cause: {message: string}}).cause.message]).to.deep.equal([403, REPLAYED.says]);
  });
});

function authorizationOf({headers}: WireRequest): string {
  return headers.find(([name]) => name === 'authorization')?.[1] ?? '';
}
