/** One step of the schema. What was released never changes: a change is a new migration at the end of the list. */
export interface Migration {
  readonly name: string;
  /** Statements run in one transaction with the record that they ran; tables and functions go to the store's own schema. */
  readonly sql: string;
}
