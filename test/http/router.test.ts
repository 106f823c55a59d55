import {expect} from 'chai';
import fc from 'fast-check';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {HEALTH_ROUTES, KMS_ROUTES, matchPath} from '../../lib/http/router.ts';

const keystore = 'z19rEEBgnxLg7RWDUMeWGrZhs';
const key = 'z1A4EtBoJ7yX3T3B6EJpqDwdB';
const zcapId = 'urn%3Auuid%3Aa(b)*';
const params: Readonly<Record<string, string>> = {keystore, key, zcapId};

function example(path: string): string {
  return path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? '');
}

const EXAMPLES = [...KMS_ROUTES, ...HEALTH_ROUTES].map(({path}) => example(path));

describe('matchPath', () => {
  for (const {name, method, path} of [...KMS_ROUTES, ...HEALTH_ROUTES]) {
    it(`finds ${name}: ${method} ${path}`, () => {
      const match = matchPath(example(path));
      expect(match?.resource.routes.get(method)).to.equal(name);
      const names = Array.from(path.matchAll(/:(\w+)/g), ([, param = '']) => param);
      expect(match?.params).to.deep.equal(Object.fromEntries(names.map((param) => [param, params[param]])));
    });
  }

  it('takes every id that can be minted', () => {
    for (let i = 0; i < 500; i++) {
      expect(matchPath(`/kms/keystores/${generateLocalId()}`)?.resource.methods).to.include('DELETE');
    }
  });

  it('R31 does not take a path for the one that it could be normalised to', () => {
    const spoiled = EXAMPLES.flatMap((path) => [
      `${path}/`,
      `/${path}`,
      `${path}?`,
      `${path}\n`,
      `${path}%00`,
      `${path};x`,
      `/.${path}`,
      `/x/..${path}`,
      path.replace('kms', 'KMS').replace('health', 'Health'),
      path.replace('kms', '%6bms').replace('health', '%68ealth'),
      path.replace(/\/(?=[^/]*$)/, '%2F'),
      path.replace(/\/(?=[^/]*$)/, '//'),
      path.replace(/\/(?=[^/]*$)/, '\\'),
    ]);
    // A revocation's id is escaped text: what is appended to it makes another id, which is for the endpoint to judge.
    const found = spoiled.filter((path) => matchPath(path) && !path.startsWith(`${EXAMPLES[10] ?? ''}%00`));
    expect(EXAMPLES[10]).to.include('/zcaps/revocations/');
    expect(found).to.deep.equal([]);
  });

  it('R31 does not take an id that is not exactly one', () => {
    for (const id of [
      'z',
      'z1',
      `${keystore}1`,
      keystore.slice(0, -1),
      `Z${keystore.slice(1)}`,
      `${keystore.slice(0, -1)}0`,
    ]) {
      expect(matchPath(`/kms/keystores/${id}`), id).to.equal(undefined);
    }
  });

  it('takes no other path', () => {
    const known = new Set(EXAMPLES);
    const segment = fc.oneof(
      fc.constantFrom(
        'kms',
        'keystores',
        'keys',
        'zcaps',
        'revocations',
        'health',
        'live',
        'ready',
        keystore,
        '',
      ),
      fc.string({maxLength: 5}),
    );
    fc.assert(
      fc.property(fc.array(segment, {maxLength: 7}), (segments) => {
        const path = `/${segments.join('/')}`;
        const match = matchPath(path);
        const isOfTable =
          known.has(path) ||
          /^\/kms\/keystores\/z1\w{23}(\/keys(\/z1\w{23})?|\/zcaps\/revocations(\/[^/]+)?)?$/.test(path);
        return match === undefined || isOfTable;
      }),
      {numRuns: 2000},
    );
  });
});
