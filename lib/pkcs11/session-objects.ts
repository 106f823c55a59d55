import type {PKCS11} from 'pkcs11js';
import {asBuffer, returnValue, toNative} from './binding-values.ts';
import {CKA, CKR} from './cryptoki.ts';
import {cureOf} from './pkcs11-error.ts';
import type {FoundObject, Handle, Template} from './token-job.ts';

type Values = readonly (Buffer | undefined)[];

const AT_ONCE = 256;
const NAMING: ReadonlySet<number> = new Set([CKA.ID, CKA.LABEL]);

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
 * Looks whether a new object has the id and the label that it was to have: else nobody would find it again.
 * @throws Error where it has not
 */
export function assertNamed(library: PKCS11, session: Buffer, handle: Buffer, template: Template): void {
  const named = template.filter(({type}) => NAMING.has(type));
  const values = readAttributes(
    library,
    session,
    handle,
    named.map(({type}) => type),
  );
  const isKept = named.every(({value}, index) => {
    const expected = value instanceof Uint8Array ? asBuffer(value) : Buffer.from(String(value));
    return values[index]?.equals(expected);
  });
  if (!isKept) throw new Error('The token does not keep the id and the label of a key as it was given them.');
}
