import {parseDuration} from '../../config/parsers.ts';
import {decodeBase58} from '../../encoding/base58.ts';
import {isEdwards25519Point} from '../../encoding/edwards25519.ts';
import {parseXsdDateTime} from '../../encoding/xsd-date-time.ts';

const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/;
const MAX_DID_LENGTH = 2048;
const DID_KEY = 'did:key:';
/** Multicodec ed25519-pub as varint. */
const ED25519_PUB = Buffer.of(0xed, 0x01);

/** A moment as an XSD date-time. @throws Error whose message completes "--option …" */
export function parseTime(text: string): string {
  if (parseXsdDateTime(text) === undefined) throw new Error('must be a time such as 2027-01-01T00:00:00Z');
  return text;
}

/** A moment, or a time from now, such as `7d` → a moment. @throws Error whose message completes "--option …" */
export function parseTimeFrom(now: Date): (text: string) => Date {
  return (text) => {
    const time = parseXsdDateTime(text);
    if (time !== undefined) return new Date(time);
    if (!/^[0-9]+[smhd]$/.test(text)) {
      throw new Error('must be a duration such as 12h or 7d, or a time such as 2027-01-01T00:00:00Z');
    }
    return new Date(now.getTime() + parseDuration(text) * 1000);
  };
}

/** What is given to a key that nobody has is lost: a did:key must be of the kind that controllers have. @throws Error as above */
export function parseDid(text: string): string {
  if (!DID.test(text) || text.length > MAX_DID_LENGTH) {
    throw new Error('must be a DID, such as did:key:z6Mk…');
  }
  if (text.startsWith(DID_KEY) && !isEd25519(text.slice(DID_KEY.length))) {
    throw new Error('must be the did:key of an Ed25519 key, and whole');
  }
  return text;
}

function isEd25519(multibase: string): boolean {
  const bytes = multibase.startsWith('z') ? decodeBase58(multibase.slice(1), MAX_DID_LENGTH) : undefined;
  return (
    bytes !== undefined &&
    ED25519_PUB.equals(bytes.subarray(0, ED25519_PUB.length)) &&
    isEdwards25519Point(bytes.subarray(ED25519_PUB.length))
  );
}
