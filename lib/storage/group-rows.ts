export interface RowGroup<Row> {
  readonly first: Row;
  readonly all: readonly Row[];
}

/** The rows of a join by what they have in common, in the order in which the groups first appear. */
export function groupRows<Row>(rows: readonly Row[], keyOf: (row: Row) => unknown): RowGroup<Row>[] {
  return [...Map.groupBy(rows, keyOf).values()].flatMap((all) => (all[0] ? [{first: all[0], all}] : []));
}
