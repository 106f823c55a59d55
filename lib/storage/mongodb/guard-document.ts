import {randomBytes} from 'node:crypto';
import {COLLECTION_NAMES, type CollectionName, type StoredDocument} from './collections.ts';
import type {Place} from './documents.ts';

/** A document as it was read. What is written in its place names its revision. */
export interface Target extends Place {
  /** Of one state of the document: a new random one with each write, never the same again. */
  readonly revision: string;
  /** Nothing is stored yet: the document only keeps the place. */
  readonly isPlaceholder: boolean;
}

export interface ReadDocument {
  readonly document: StoredDocument;
  readonly target: Target;
}

/** A write that is under way, in the document that guards it. */
export interface Writer {
  readonly id: string;
  /** `insert key` */
  readonly operation: string;
  /** Milliseconds since the epoch, by the clock of who writes: tells what may be tidied away, and nothing else. */
  readonly startedAt: number;
  readonly targets: readonly Target[];
  /** The data key versions that will be named. */
  readonly dataKeyVersionIds: readonly string[];
  /** A member of the guard that one is added to when the entry goes. */
  readonly countWritten?: string;
}

export const newRevision = (): string => randomBytes(16).toString('hex');

function requireString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('A document at rest lacks what guarded writes need.');
}

function requireRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError('A document at rest lacks what guarded writes need.');
}

function requireArray(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('A document at rest lacks what guarded writes need.');
}

/** Whether nothing is stored there yet, nor anything any more. To readers there is no such document. */
export const isAbsent = (document: StoredDocument): boolean =>
  document['placeholder'] === true || document['deleting'] !== undefined;

export function toTarget({collection, _id, keystoreId}: Place, document: StoredDocument): Target {
  return {
    collection,
    _id,
    ...(keystoreId !== undefined && {keystoreId}),
    revision: requireString(document['revision']),
    isPlaceholder: document['placeholder'] === true,
  };
}

function requireCollection(value: unknown): CollectionName {
  const name = COLLECTION_NAMES.find((known) => known === value);
  if (name !== undefined) return name;
  throw new TypeError('A document at rest lacks what guarded writes need.');
}

function parseTarget(value: unknown): Target {
  const {collection, _id, keystoreId, revision, isPlaceholder} = requireRecord(value);
  return {
    collection: requireCollection(collection),
    _id: requireString(_id),
    ...(keystoreId !== undefined && {keystoreId: requireString(keystoreId)}),
    revision: requireString(revision),
    isPlaceholder: isPlaceholder === true,
  };
}

/** The writes that are under way, in the order in which they were registered. */
export function writersOf(guard: StoredDocument): readonly Writer[] {
  if (guard['writers'] === undefined) return [];
  return Object.entries(requireRecord(guard['writers'])).map(([id, value]) => {
    const {operation, startedAt, targets, dataKeyVersionIds, countWritten} = requireRecord(value);
    return {
      id,
      operation: requireString(operation),
      startedAt: Number(startedAt),
      targets: requireArray(targets).map(parseTarget),
      dataKeyVersionIds: requireArray(dataKeyVersionIds).map(requireString),
      ...(countWritten !== undefined && {countWritten: requireString(countWritten)}),
    };
  });
}

/** After that a writer is taken for dead. Where it is not, it has to begin again, and no more. */
const STALE_MS = 60_000;

/** @param now milliseconds since the epoch */
export const isStale = ({startedAt}: Writer, now: number): boolean => startedAt < now - STALE_MS;

/** Begins with a letter: an object's members that look like numbers do not keep their order. */
export const newWriterId = (): string => `w${randomBytes(12).toString('hex')}`;
