import {CKA} from './cryptoki.ts';
import type {Template} from './token-job.ts';

/** A key of the token, by its class and its CKA_ID; where it must have a label, by that, too. */
export interface TokenObject {
  /** `CKO_…` */
  readonly class: number;
  readonly id: Uint8Array;
  readonly label?: string;
  /** Whose it is: owners take turns at the token. Absent of what is the server's own. */
  readonly owner?: string;
  /** Made in the token, to stay there: by one of the same name that was brought there, or could leave, nothing is encrypted. */
  readonly local?: boolean;
}

/** There is no such object in the token, which answers. */
export class TokenObjectMissingError extends Error {
  override readonly name = 'TokenObjectMissingError';
}

/** What it is found by, and made with. */
export function identity(object: TokenObject): Template {
  return [
    {type: CKA.CLASS, value: object.class},
    {type: CKA.ID, value: object.id},
    ...(object.label === undefined ? [] : [{type: CKA.LABEL, value: object.label}]),
  ];
}

/** Whether an object with these values of CKA_ID and CKA_LABEL is that. */
export function isNamed(
  {id, label}: TokenObject,
  [actualId, actualLabel]: readonly (Uint8Array | undefined)[],
): boolean {
  const hasId = actualId !== undefined && Buffer.compare(actualId, id) === 0;
  return hasId && (label === undefined || (actualLabel && Buffer.from(actualLabel).toString()) === label);
}

/** The same for the same object. */
export function nameOf(object: TokenObject): string {
  return `${object.class}:${Buffer.from(object.id).toString('hex')} ${object.label ?? ''}`;
}
