import {Mutations} from '../mutation.ts';
import {named} from './key-ids.ts';

/** did:web is off unless it is asked for. */
export const R51 = new Mutations('R51')
  .refused(
    'a domain',
    named(() => 'did:web:example.com#key-1'),
  )
  .refused(
    'a domain and a path',
    named(() => 'did:web:example.com:users:alice#key-1'),
  )
  .refused(
    'a port',
    named(() => 'did:web:localhost%3A9443#key-1'),
  )
  .refused(
    'an address',
    named(() => 'did:web:127.0.0.1#key-1'),
  )
  .refused(
    'a link-local address',
    named(() => 'did:web:169.254.169.254#key-1'),
  )
  .refused(
    'a user',
    named(() => 'did:web:user%40example.com#key-1'),
  )
  .refused(
    'a slash',
    named(() => 'did:web:example.com%2Fpath#key-1'),
  )
  .refused(
    'own key as fragment',
    named((own) => `did:web:example.com#${own.split('#')[1] ?? ''}`),
  );
