import {ACTION_NEEDED} from './kinds.ts';
import type {Random} from '../../support/random.ts';
import {wireBytes, type WireRequest} from '../../support/wire.ts';
import {afterSigning, leafMembers, Mutations, onWire, proofMembers, type Kit} from './mutation.ts';

/** Replaces one byte, anywhere but in what frames the request. */
function replaceByte(request: WireRequest, random: Random): Buffer {
  const bytes = wireBytes(request);
  const framing = bytes.indexOf('content-length');
  for (;;) {
    const index = random.below(bytes.length);
    const isFraming = framing !== -1 && index >= framing && index < framing + 'content-length: 12345'.length;
    const byte = 0x21 + random.below(0x5e);
    if (isFraming || bytes[index]! < 0x20 || bytes[index] === byte) continue;
    bytes[index] = byte;
    return bytes;
  }
}

function shuffleHeaders({headers, ...request}: WireRequest, random: Random): WireRequest {
  const keyed = headers.map((line) => [random.below(1_000_000), line] as const);
  return {...request, headers: keyed.sort(([a], [b]) => a - b).map(([, line]) => line)};
}

function respellHeaders({headers, ...request}: WireRequest, random: Random): WireRequest {
  const letters = (name: string): string =>
    name.replace(/[a-z]/g, (letter) => (random.chance(0.5) ? letter.toUpperCase() : letter));
  const pad = (): string => ' '.repeat(random.below(3));
  return {...request, headers: headers.map(([name, value]) => [letters(name), `${pad()}${value}${pad()}`])};
}

const MEMBERS = [
  '@context',
  'id',
  'controller',
  'parentCapability',
  'invocationTarget',
  'allowedAction',
  'expires',
];
const PROOF_MEMBERS = ['type', 'created', 'verificationMethod', 'proofPurpose', 'capabilityChain'];

/** Something else in place of a member's value. */
function otherValue({random, world}: Kit, value: unknown): unknown {
  const text = typeof value === 'string' ? value : 'text';
  return random.pick<unknown>([
    ...[undefined, null, '', 0, true, [], {}, [value], [value, value], {id: value}, {'@value': value}],
    ...[`${text} `, ` ${text}`, text.toUpperCase(), text.slice(0, -1), `${text}x`, text.replace(':', '%3A')],
    ...[world.stranger.did, world.foreign.keystore, ['sign', 'read'], 'sign', '2030-01-01T00:00:00Z'],
  ]);
}

const needed = {kinds: ACTION_NEEDED, depths: [1, 2, 3]};

/**
 * Changes whose verdict nobody has said beforehand. Only this is asked of them: that we never accept what the reference
 * refuses.
 */
export const FUZZED = new Mutations('fuzz')
  .refused(
    'a byte replaced',
    onWire((request, _base, {random}) => replaceByte(request, random)),
  )
  .accepted(
    'header lines shuffled',
    onWire((request, _base, {random}) => shuffleHeaders(request, random)),
  )
  .accepted(
    'header lines respelled',
    onWire((request, _base, {random}) => respellHeaders(request, random)),
  )
  .refused(
    'a member changed after signing',
    afterSigning((leaf, _base, kit) => {
      const member = kit.random.pick(MEMBERS);
      return {...leaf, [member]: otherValue(kit, leaf[member])};
    }, needed),
  )
  .refused(
    'a member changed, and signed',
    leafMembers((_base, kit, {document}) => {
      const member = kit.random.pick(MEMBERS);
      return {[member]: otherValue(kit, document[member])};
    }, needed),
  )
  .refused(
    'a member of the proof changed, and signed',
    proofMembers((_base, kit, {proof}) => {
      const member = kit.random.pick(PROOF_MEMBERS);
      return {[member]: otherValue(kit, proof[member])};
    }),
  );
