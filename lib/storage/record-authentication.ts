/** What proves that a record is one that the server wrote, as it wrote it. Opaque to a store, which keeps it with the record. */
export interface RecordAuthentication {
  /** Never empty. */
  readonly mac: Uint8Array;
  /** The data key version that the MAC was made with; it cannot be deleted while this names it. */
  readonly dataKeyVersionId: string;
}

/** A record as a store keeps it. */
export type Authenticated<T> = T & {readonly authentication: RecordAuthentication};
