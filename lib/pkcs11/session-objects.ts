import type {PKCS11} from 'pkcs11js';
import {asBuffer, returnValue, toNative} from './binding-values.ts';
import {CKA, CKR} from './cryptoki.ts';
import {cureOf, Pkcs11Error} from './pkcs11-error.ts';
import type {FoundObject, Handle, Template} from './token-job.ts';

type Values = readonly (Buffer | undefined)[];

const AT_ONCE = 256;
/** What a new object must have as it was asked for. */
const NAMES = [CKA.ID, CKA.LABEL];
const PROTECTION = [CKA.SENSITIVE, CKA.EXTRACTABLE];
/** What an object that stays in its token was from the beginning. */
const ORIGIN = [CKA.LOCAL, CKA.NEVER_EXTRACTABLE];

/** Handles of at most `limit` objects of which the template says true. */
export function findHandles(library: PKCS11, session: Buffer, template: Template, limit: number): Buffer[] {
  const handles: Buffer[] = [];
  library.C_FindObjectsInit(session, toNative(template));
  try {
    while (handles.length < limit) {
      const some = library.C_FindObjects(session, Math.min(limit - handles.length, AT_ONCE));
      if (some.length === 0) break;
      handles.push(...some);
    }
  } finally {
    library.C_FindObjectsFinal(session);
  }
  return handles;
}

/** Attributes of an object, each undefined where the token does not tell it. @throws Pkcs11Error where there is no such object, or session */
export function readAttributes(
  library: PKCS11,
  session: Buffer,
  handle: Buffer,
  types: readonly number[],
): Values {
  if (types.length === 0) return [];
  try {
    const asked = types.map((type) => ({type}));
    return library.C_GetAttributeValue(session, handle, asked).map(({value}) => value);
  } catch (error) {
    const answer = returnValue(error);
    if (!answer || cureOf(answer.code)) throw error;
    // Of several of which one cannot be told, none is.
    return types.length === 1
      ? [undefined]
      : types.flatMap((type) => readAttributes(library, session, handle, [type]));
  }
}

/** Objects by their handles, but those that are gone. */
export function readObjects(
  library: PKCS11,
  session: Buffer,
  {handles, read}: {readonly handles: readonly Handle[]; readonly read: readonly number[]},
): FoundObject[] {
  return handles.flatMap((handle) => {
    try {
      return [{handle, values: readAttributes(library, session, Buffer.from(handle), read)}];
    } catch (error) {
      const code = returnValue(error)?.code;
      if (code === CKR.OBJECT_HANDLE_INVALID || code === CKR.KEY_HANDLE_INVALID) return [];
      throw error;
    }
  });
}

/**
 * Looks whether a new object has the id and the label that it was to have, else nobody would find it again; and whether it stays in the
 * token. @throws Error where it has not, or does not
 */
export function assertMadeAs(library: PKCS11, session: Buffer, handle: Buffer, template: Template): void {
  const isKept = (types: readonly number[]): boolean => {
    const asked = template.filter(({type}) => types.includes(type));
    const values = readAttributes(
      library,
      session,
      handle,
      asked.map(({type}) => type),
    );
    return asked.every(({value}, index) => values[index]?.equals(encoded(value)));
  };
  if (!isKept(NAMES))
    throw new Error('The token does not keep the id and the label of a key as it was given them.');
  if (!isKept(PROTECTION)) throw new Error('The token has made a key that can leave the token.');
}

function encoded(value: Template[number]['value']): Buffer {
  if (typeof value === 'boolean') return Buffer.of(Number(value));
  return value instanceof Uint8Array ? asBuffer(value) : Buffer.from(String(value));
}

const PUT_THERE = 'The object of the token was not made there to stay: somebody has put it there.';

/**
 * @param local whether it was made in the token, to stay there; of a token that does not tell that, it is.
 * @throws Pkcs11Error where the handle is another object's, or the object was brought there, or could leave
 */
export function assertIs(
  library: PKCS11,
  session: Buffer,
  handle: Buffer,
  {id, local = false}: {readonly id: Uint8Array; readonly local?: boolean | undefined},
): void {
  const types = [CKA.ID, ...(local ? ORIGIN : [])];
  const [actual, ...origin] = readAttributes(library, session, handle, types);
  // A library may give an old handle to another object.
  if (!actual?.equals(id)) throw new Pkcs11Error('CKR_KEY_HANDLE_INVALID', CKR.KEY_HANDLE_INVALID);
  if (origin.some((value) => value?.every((byte) => byte === 0)))
    throw new Pkcs11Error(PUT_THERE, CKR.KEY_FUNCTION_NOT_PERMITTED);
}
