/** What one batch did. */
export interface RewrapBatch {
  /** Rows that were sealed anew. */
  readonly resealed: number;
  /** Rows that another changed meanwhile: they are found again. */
  readonly conflicts: number;
  /** Rows that cannot be sealed anew: they stay as they are. */
  readonly failed: readonly {readonly id: string; readonly error: unknown}[];
}

export interface RewrapBatchOptions {
  readonly limit: number;
  /** Ids of rows that failed before. */
  readonly skip: ReadonlySet<string>;
}

/**
 * A kind of row that is sealed, or authenticated, under data key versions, and how it is brought under the newest. An
 * application that has tables of its own gives the job runner one of these for each.
 */
export interface SealedData {
  /** For the operator, e.g. `key record`. */
  readonly kind: string;
  /** As `listDataKeyVersionReferencers` names the columns that this empties of old versions. */
  readonly referencers: readonly string[];
  /** How many of the scope's rows are under one of the versions. */
  countUnder(scope: string, dataKeyVersionIds: readonly string[]): Promise<number>;
  /**
   * Brings at most `limit` of them under the newest version, in one short write, safe with other writers. A row that is
   * not what was written is never sealed or authenticated anew.
   * @returns nothing done, where none is left. @throws UnavailableError, SealedError
   */
  rewrap(
    scope: string,
    dataKeyVersionIds: readonly string[],
    options: RewrapBatchOptions,
  ): Promise<RewrapBatch>;
}

/** Whether it is sealed under one of the versions; what no data key seals is not. */
export function isUnder(
  dataKeyVersionIds: readonly string[],
  {dataKeyVersionId}: {readonly dataKeyVersionId?: string},
): boolean {
  return dataKeyVersionId !== undefined && dataKeyVersionIds.includes(dataKeyVersionId);
}
