// A limit that the project has set itself, and whether a measurement meets it.

export interface Limit {
  readonly claim: string;
  readonly measured: string;
  /** undefined: it could not be judged in this run. */
  readonly isMet: boolean | undefined;
}

export function formatLimit(limit: Limit): string {
  const verdict = limit.isMet === undefined ? 'SKIP' : limit.isMet ? 'PASS' : 'FAIL';
  return `${verdict}  ${limit.claim}: ${limit.measured}`;
}
