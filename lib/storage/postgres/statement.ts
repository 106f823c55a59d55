import {createHash} from 'node:crypto';

/** What a statement is given: integers for bigint, bytes for bytea; a list is an array of the server's. */
export type Value = Scalar | readonly Scalar[];
type Scalar = string | number | boolean | Uint8Array | null;

/** A statement that each connection prepares once. Its text is a constant: what varies is in its values. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Its name follows from its text, so that no two statements have one. */
export const statement = (text: string): Statement => ({
  name: createHash('sha256').update(text).digest('base64url'),
  text,
});
