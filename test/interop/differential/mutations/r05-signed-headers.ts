import {digestOf, SIGNED} from '../../../support/signed-request.ts';
import {READS, WITH_BODY} from '../kinds.ts';
import {Mutations, onDraft} from '../mutation.ts';

const withBodies = {kinds: WITH_BODY};

const reads = {kinds: READS};

/** What must be signed. */
export const R5 = new Mutations('R5');

for (const name of SIGNED) {
  R5.refused(
    `${name} not signed`,
    onDraft(({signedHeaders}) => ({signedHeaders: signedHeaders.filter((other) => other !== name)})),
  );
}

for (const name of ['content-type', 'digest']) {
  R5.refused(
    `${name} not signed`,
    onDraft(
      ({signedHeaders}) => ({signedHeaders: signedHeaders.filter((other) => other !== name)}),
      withBodies,
    ),
  );
}

R5.accepted(
  'signed in another order',
  onDraft(({signedHeaders}) => ({signedHeaders: signedHeaders.toReversed()})),
)
  .accepted(
    'more headers signed',
    onDraft(({signedHeaders}) => ({signedHeaders: [...signedHeaders, 'accept']})),
  )
  .stricter(
    'a header named twice',
    'R5.signed-twice',
    onDraft(({signedHeaders}) => ({signedHeaders: [...signedHeaders, 'host']})),
  )
  .stricter(
    'names in upper case',
    'R5.header-names',
    onDraft(({signedHeaders}) => ({
      signedHeaders: signedHeaders.map((name) => (name === 'host' ? 'Host' : name)),
    })),
  )
  .refused(
    'a header that is not there',
    onDraft(({signedHeaders}) => ({signedHeaders: [...signedHeaders, 'x-absent']})),
  )
  .refused(
    'nothing but (created)',
    onDraft(() => ({signedHeaders: ['(created)']})),
  )
  .refused(
    'content type without body, unsigned',
    onDraft(({headers}) => ({headers: [...headers, ['content-type', 'application/json']]}), reads),
  )
  .refused(
    'content type without body, signed, no digest',
    onDraft(
      ({headers, signedHeaders}) => ({
        headers: [...headers, ['content-type', 'application/json']],
        signedHeaders: [...signedHeaders, 'content-type'],
      }),
      reads,
    ),
  )
  .stricter(
    'body of unstated type, unsigned, with the digest of what is not read',
    'R5.untyped-body',
    onDraft(
      () => ({
        body: Buffer.from('junk'),
        digest: digestOf('{}'),
      }),
      reads,
    ),
  )
  .refused(
    'body of unstated type, unsigned',
    onDraft(() => ({body: Buffer.from('junk')}), reads),
  )
  .refused(
    'body of a type, unsigned',
    onDraft(
      () => ({
        body: Buffer.from('{}'),
        contentType: 'application/json',
        digest: digestOf('{}'),
      }),
      reads,
    ),
  );
