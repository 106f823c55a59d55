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
  .stricter(
    'a header that is there twice',
    'R5.repeated-header',
    onDraft(({headers, signedHeaders}) => ({
      headers: [...headers, ['x-note', 'one'], ['x-note', 'two']],
      signedHeaders: [...signedHeaders, 'x-note'],
    })),
  )
  .stricter(
    'a header of the name of a parameter, which is not there',
    'R5.parameter-name',
    onDraft(({signedHeaders, created}) => ({
      signedHeaders: [...signedHeaders, 'created'],
      mangleSigningString: (text) => text.replace(/^created: $/m, `created: ${created}`),
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
