// The order in which Kubernetes names the versions of a group.

/** Kubernetes' version priority: GA before beta before alpha, then the higher number. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [rankOf(a), rankOf(b)];
  for (const [index, rank] of one.entries()) if (rank !== other[index]) return other[index] - rank;
  return a < b ? -1 : Number(a > b);
}

function rankOf(version: string): readonly [number, number, number] {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  if (major === undefined) return [-1, 0, 0];
  const maturity = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return [maturity, Number(major), Number(minor ?? 0)];
}
