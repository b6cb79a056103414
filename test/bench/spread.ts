// Several measurements of one thing: the median is the result, least and most are its honesty.

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const isOdd = sorted.length % 2 === 1;
  return {
    median: isOdd ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    min: sorted[0],
    max: sorted[sorted.length - 1],
  };
}

export function formatSpread(spread: Spread, digits: number): string {
  if (spread.min === spread.max) return spread.median.toFixed(digits);
  return `${spread.median.toFixed(digits)} (${spread.min.toFixed(digits)}–${spread.max.toFixed(digits)})`;
}
