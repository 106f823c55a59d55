/** The candidate that differs least from `word`, if it differs by little, whatever its case: for "did you mean". */
export function closestWord(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 4));
  const [best] = candidates
    .map((candidate) => ({
      candidate,
      distance: editDistance(word.slice(0, 64).toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({distance}) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, column) => column);
  for (const [index, letter] of Array.from(a).entries()) {
    let left = index + 1;
    row = row.map((above, column) => {
      if (column === 0) return left;
      const diagonal = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      return (left = Math.min(above + 1, left + 1, diagonal));
    });
  }
  return row[b.length] ?? 0;
}
