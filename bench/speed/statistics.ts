/** What repeated measurements of one figure say. */
export interface Figure {
  readonly median: number;
  /** Distance of the quartiles, as a share of the median. */
  readonly spread: number;
}

/** @returns NaN of nothing */
export function figureOf(values: readonly number[]): Figure {
  const median = medianOf(values);
  return {median, spread: (quantile(values, 0.75) - quantile(values, 0.25)) / median};
}

/** @returns NaN of nothing */
export function medianOf(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values in the place that the share falls in: linearly. @returns NaN of nothing */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
  return below + (above - below) * (place - Math.floor(place));
}

/** How many times as much in each pair of measurements, made one after the other. */
export function ratioOf(values: readonly number[], others: readonly number[]): Figure {
  return figureOf(values.map((value, index) => value / (others[index] ?? NaN)));
}
