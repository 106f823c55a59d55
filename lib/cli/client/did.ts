const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/;
const MAX_LENGTH = 2048;

/** @throws Error whose message completes "--option …" */
export function parseDid(text: string): string {
  if (DID.test(text) && text.length <= MAX_LENGTH) return text;
  throw new Error('must be a DID, such as did:key:z6Mk…');
}
