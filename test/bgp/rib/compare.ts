// Comparing the real tables with the model's as text, so that a difference reads well.

export function rowText(
  peer: number,
  isBest: boolean,
  reason: string,
  localPref: number | undefined,
  communities: readonly number[],
): string {
  return `${peer}${isBest ? ' best' : ''} ${reason} ${localPref ?? 100} ${[...communities].toSorted((a, b) => a - b).join(',')}`;
}

export function listText(routes: ReadonlyMap<string, readonly string[]>): string {
  return [...routes]
    .flatMap(([prefix, texts]) => texts.map((text) => `${prefix} ${text}`))
    .toSorted()
    .join('\n');
}

export function same(what: string, real: string, expected: string): void {
  if (real !== expected) throw new Error(`${what} differ\nreal:\n${real}\nmodel:\n${expected}`);
}
