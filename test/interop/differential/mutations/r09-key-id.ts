import {encode} from 'base58-universal';
import {createHash} from 'node:crypto';
import {controller, didKeyOf, encodeEd25519} from '../../../support/did-key.ts';
import {formatAuthorization} from '../../../support/signed-request.ts';
import {Mutations, onDraft} from '../mutation.ts';
import {named} from './key-ids.ts';

/** A multibase key of another type. */
function multikey(prefix: readonly number[], length: number): string {
  return `z${encode(Buffer.concat([Buffer.from(prefix), createHash('sha512').update('key').digest().subarray(0, length)]))}`;
}

const didOf = (keyId: string): string => keyId.split('#', 1)[0] ?? '';

const other = controller('somebody');

/** Whose key it is. */
export const R9 = new Mutations('R9')
  .refused('the DID without a fragment', named(didOf))
  .refused(
    'an empty fragment',
    named((own) => `${didOf(own)}#`),
  )
  .refused(
    "somebody else's fragment",
    named((own) => `${didOf(own)}#${other.publicKeyMultibase}`),
  )
  .refused(
    "somebody else's DID, own fragment",
    named((own) => `${other.did}#${didOf(own).slice('did:key:'.length)}`),
  )
  .refused(
    "somebody else's key",
    named(() => other.keyId),
  )
  .refused(
    'a fragment of another name',
    named((own) => `${didOf(own)}#key-1`),
  )
  .refused(
    'only the fragment',
    named((own) => own.slice(own.indexOf('#'))),
  )
  .refused(
    'a query',
    named((own) => own.replace('#', '?version=1#')),
  )
  .refused(
    'a path',
    named((own) => own.replace('#', '/path#')),
  )
  .refused(
    'two fragments',
    named((own) => `${own}#${didOf(own)}`),
  )
  .refused(
    'another method',
    named((own) => own.replace('did:key:', 'did:example:')),
  )
  .refused(
    'a method in upper case',
    named((own) => own.replace('did:key:', 'did:KEY:')),
  )
  .refused(
    'no DID',
    named((own) => own.replace('did:key:', 'https://evil.example/')),
  )
  .refused(
    'a URN',
    named(() => 'urn:uuid:00000000-0000-4000-8000-000000000000'),
  )
  .refused(
    'spaces around',
    onDraft(() => ({
      formatAuthorization: (parameters) =>
        formatAuthorization({...parameters, keyId: ` ${parameters.keyId} `}),
    })),
  )
  .refused(
    'percent-encoded',
    named((own) => own.replaceAll(':', '%3A')),
  )
  .refused(
    'a P-256 key',
    named(() => didKeyOf(multikey([0x80, 0x24], 33)).keyId),
  )
  .refused(
    'an X25519 key',
    named(() => didKeyOf(multikey([0xec, 0x01], 32)).keyId),
  )
  .refused(
    'a short key',
    named(() => didKeyOf(multikey([0xed, 0x01], 31)).keyId),
  )
  .refused(
    'a long key',
    named(() => didKeyOf(multikey([0xed, 0x01], 33)).keyId),
  )
  .refused(
    'no base58',
    named((own) => own.replaceAll('z6Mk', 'z0Ol')),
  )
  .refused(
    'another multibase',
    named((own) => own.replaceAll('#z', '#u').replace('did:key:z', 'did:key:u')),
  )
  .refused(
    'a very long key',
    named(() => didKeyOf(`z6Mk${'1'.repeat(2000)}`).keyId),
  )
  .refused(
    'a key that is no point',
    named(() => didKeyOf(encodeEd25519(Buffer.alloc(32, 0xff))).keyId),
  )
  .refused(
    'a verification method of a DID with a prefix',
    named((own) => own.replace('did:key:z6Mk', 'did:key:z6Mkz6Mk')),
  );
