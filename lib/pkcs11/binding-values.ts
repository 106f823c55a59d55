import type * as Binding from 'pkcs11js';
import {CKR} from './cryptoki.ts';
import {Pkcs11Error} from './pkcs11-error.ts';
import type {Mechanism, Template} from './token-job.ts';

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What was cloned into this thread, as the binding's types have it: with Buffers. */
export function toNative(value: Template): Binding.Attribute[];
export function toNative(value: Mechanism): Binding.Mechanism;
export function toNative(value: unknown): unknown {
  if (value instanceof Uint8Array) return asBuffer(value);
  if (Array.isArray(value)) return value.map((item: unknown) => toNative(item as Template));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, toNative(member as Template)]),
  );
}

/** Makes a call for which `code` is as good as success. */
export function ignoring(code: number, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (returnValue(error)?.code !== code) throw error;
  }
}

/** What the binding threw, where that is an answer of PKCS #11: in the message of all its errors. */
export function returnValue(error: unknown): Pkcs11Error | undefined {
  if (error instanceof Pkcs11Error) return error;
  if (!(error instanceof Error)) return undefined;
  const [, rv, digits] = /(CKR_\w+)(?::(\d+))?/.exec(error.message) ?? [];
  if (rv === undefined) return undefined;
  const code =
    'code' in error && typeof error.code === 'number' ? error.code : Number(digits ?? CKR.GENERAL_ERROR);
  return new Pkcs11Error(rv, code);
}
