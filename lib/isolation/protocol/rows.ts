import {encodeCbor, decodeCbor} from '../../rpc/cbor.ts';
import type {Shape} from '../../rpc/shape.ts';

/** A record as the database has it → what goes with each call that is about it. */
export function encodeRow<T>(shape: Shape<T>, stored: T): Uint8Array {
  return encodeCbor(shape(stored, true));
}

/** @throws ProtocolError */
export function decodeRow<T>(shape: Shape<T>, row: Uint8Array): T {
  return shape(decodeCbor(row));
}
