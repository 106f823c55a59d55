import {MAX_BODY_BYTES} from '../../schemas/api-contract.ts';

/** A name, two nonces, a capability. */
export const MAX_HANDSHAKE_BYTES = 128 * 1024;
/** An operation, and what is around it. */
export const MAX_REQUEST_BYTES = MAX_BODY_BYTES + 4096;
/** Not answered yet, of one connection. Both ends keep to it. */
export const MAX_CALLS = 256;
/** Of answers that a client does not take: more is not read from it. */
export const MAX_UNTAKEN_BYTES = 1024 * 1024;
/** Of operations that are worked on, of all clients: more is not read. */
export const MAX_WORK_BYTES = 64 * 1024 * 1024;
export const MAX_CONNECTIONS = 256;
/** Of those who have not proven who they are; the eldest has to make room. */
export const MAX_STRANGERS = 64;
export const MAX_CONNECTIONS_PER_CLIENT = 64;
/** Until a client has proven who it is. */
export const HANDSHAKE_MS = 5_000;
/** Half a request, or answers that are not taken, without any progress. */
export const STALL_MS = 10_000;
