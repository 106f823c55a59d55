import {createHash} from 'node:crypto';
import {digestOf, signDraft, withBody, withHeader} from '../../../support/signed-request.ts';
import {draftOf, makeBase, nameOf} from '../base.ts';
import {KEY_OPERATIONS, WITH_BODY} from '../kinds.ts';
import {Mutations, onDraft, onWire} from '../mutation.ts';

const withBodies = {kinds: WITH_BODY};

const operations = {kinds: KEY_OPERATIONS};

const base64Of = (body: Buffer): string => createHash('sha256').update(body).digest('base64');

/** The same JSON, written otherwise. */
const RESPELLINGS: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(JSON.parse(text), undefined, 2),
  (text) => ` ${text}\n`,
  (text) => text.replace('"type"', '"\\u0074ype"'),
  (text) => text.replaceAll('":', '" : '),
];

/** The digest of the body. */
export const R8 = new Mutations('R8')
  .refused(
    'none',
    onDraft(
      ({signedHeaders}) => ({
        digest: undefined,
        signedHeaders: signedHeaders.filter((name) => name !== 'digest'),
      }),
      withBodies,
    ),
  )
  .refused(
    'of another body',
    onDraft(() => ({digest: digestOf('{}')}), withBodies),
  )
  .refused(
    'body changed after signing',
    onWire((request) => withBody(request, request.body!.toString().replace('e', 'E')), withBodies),
  )
  .refused(
    'body longer after signing',
    onWire(
      (request) => withBody(request, `${request.body!.toString()} `.replace('{', '{"x":1,')),
      withBodies,
    ),
  )
  .accepted(
    'as SHA-256',
    onDraft(({body}) => ({digest: `SHA-256=${base64Of(body!)}`}), withBodies),
  )
  .stricter(
    'as sha-256',
    'R8.digest-spelling',
    onDraft(({body}) => ({digest: `sha-256=${base64Of(body!)}`}), operations),
  )
  .stricter(
    'as SHA256',
    'R8.digest-spelling',
    onDraft(({body}) => ({digest: `SHA256=${base64Of(body!)}`}), operations),
  )
  .stricter(
    'as a structured field',
    'R8.digest-spelling',
    onDraft(({body}) => ({digest: `SHA-256=:${base64Of(body!)}:`}), operations),
  )
  .refused(
    'two values',
    onDraft(({body, digest}) => ({digest: `${digest!}, SHA-256=${base64Of(body!)}`}), withBodies),
  )
  .refused(
    'as SHA-512',
    onDraft(
      ({body}) => ({digest: `SHA-512=${createHash('sha512').update(body!).digest('base64')}`}),
      withBodies,
    ),
  )
  .refused(
    'base64url for base64',
    onDraft(
      ({body}) => ({
        digest: `SHA-256=${base64Of(body!).replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}`,
      }),
      withBodies,
    ),
  )
  .refused(
    'half of it',
    onDraft(({digest}) => ({digest: digest!.slice(0, 28)}), withBodies),
  )
  .refused(
    'a character more',
    onDraft(({digest}) => ({digest: `${digest!}A`}), withBodies),
  )
  .refused(
    'another multibase',
    onDraft(({digest}) => ({digest: digest!.replace('mh=u', 'mh=z')}), withBodies),
  )
  .stricter(
    'of the JSON written again',
    'R8.reserialised',
    onDraft(({body}, _base, {random}) => {
      const respelled = Buffer.from(random.pick(RESPELLINGS)(body!.toString()));
      return {body: respelled};
    }, operations),
  )
  .stricter(
    'of the JSON without its duplicate keys',
    'R8.reserialised',
    onDraft(
      ({body}) => ({
        body: Buffer.from(body!.toString().replace('{', '{"type":"WrapKeyOperation",')),
      }),
      operations,
    ),
  )
  .excepted(
    'of the bytes, which are not as the reference would write them',
    'R8.raw-digest',
    onDraft(({body}, _base, {random}) => {
      const respelled = Buffer.from(random.pick(RESPELLINGS)(body!.toString()));
      return {body: respelled, digest: digestOf(respelled)};
    }, operations),
  )
  .refused("another request's body, and its digest", async (kit) => {
    const [one, other] = [
      await makeBase(kit.world, kit.random, {kinds: ['sign']}),
      await makeBase(kit.world, kit.random, {kinds: ['sign']}),
    ];
    const {body, digest} = draftOf(other);
    const request = withHeader(withBody(signDraft(draftOf(one)), body!), 'digest', digest!);
    return {base: nameOf(one), request};
  });
