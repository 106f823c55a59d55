import {parseDuration} from '../../config/parsers.ts';
import {parseXsdDateTime} from '../../encoding/xsd-date-time.ts';

const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/;
const MAX_DID_LENGTH = 2048;

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

/** @throws Error whose message completes "--option …" */
export function parseDid(text: string): string {
  if (DID.test(text) && text.length <= MAX_DID_LENGTH) return text;
  throw new Error('must be a DID, such as did:key:z6Mk…');
}
