import {SUITE_CONTEXT_URL, ZCAP_CONTEXT_URL} from '../../../support/ld-signatures.ts';
import {afterSigning, leafMembers, Mutations} from '../mutation.ts';
import {middle} from './middle-link.ts';

const CONTEXT = [ZCAP_CONTEXT_URL, SUITE_CONTEXT_URL];

/** The context. */
export const R17 = new Mutations('R17')
  .refused(
    'a text',
    leafMembers(() => ({'@context': ZCAP_CONTEXT_URL})),
  )
  .refused(
    'only the zcap context',
    leafMembers(() => ({'@context': [ZCAP_CONTEXT_URL]})),
  )
  .refused(
    'only the suite context',
    leafMembers(() => ({'@context': [SUITE_CONTEXT_URL]})),
  )
  .refused(
    'in another order',
    leafMembers(() => ({'@context': CONTEXT.toReversed()})),
  )
  .refused(
    'none',
    leafMembers(() => ({'@context': undefined})),
  )
  .refused(
    'empty',
    leafMembers(() => ({'@context': []})),
  )
  .stricter(
    'an empty object more',
    'R17.context',
    leafMembers(() => ({'@context': [...CONTEXT, {}]})),
  )
  .stricter(
    'an inline context that defines a term',
    'R17.context',
    leafMembers(() => ({
      '@context': [...CONTEXT, {only: 'https://example.com/only'}],
      only: 'on Fridays',
    })),
  )
  .stricter(
    'an inline context that defines one unused',
    'R17.context',
    leafMembers(() => ({
      '@context': [...CONTEXT, {only: 'https://example.com/only'}],
    })),
  )
  .stricter(
    'an inline vocabulary',
    'R17.context',
    leafMembers(() => ({'@context': [...CONTEXT, {'@vocab': 'https://example.com/'}]})),
  )
  .stricter(
    'one twice',
    'R17.context',
    leafMembers(() => ({'@context': [...CONTEXT, SUITE_CONTEXT_URL]})),
  )
  .stricter('an inline context in the middle', 'R17.context', middle({'@context': [...CONTEXT, {}]}))
  .refused(
    'a remote context',
    afterSigning((leaf) => ({...leaf, '@context': [...CONTEXT, 'https://evil.example/context']})),
  )
  .refused(
    'a context on this host',
    afterSigning((leaf, _base, {world}) => ({...leaf, '@context': [...CONTEXT, `${world.baseUrl}/context`]})),
  )
  .refused(
    'a context that redefines',
    afterSigning((leaf) => ({
      ...leaf,
      '@context': [...CONTEXT, {allowedAction: 'https://example.com/ignored'}],
    })),
  )
  .refused(
    'a null after',
    afterSigning((leaf) => ({...leaf, '@context': [...CONTEXT, null]})),
  )
  .refused(
    'an object instead',
    afterSigning((leaf) => ({...leaf, '@context': {'@vocab': ZCAP_CONTEXT_URL}})),
  );
