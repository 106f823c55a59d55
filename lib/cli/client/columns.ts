/** Rows of words as lines whose columns are aligned; the last is not filled up. Escape sequences of terminals are safe in none but it. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => printable(row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((word, column) => (column === row.length - 1 ? word : printable(word).padEnd(widths[column] ?? 0)))
      .join('  '),
  );
}

/** Text that others wrote, with nothing that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
