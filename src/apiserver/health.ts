// What /healthz, /livez and /readyz say, in upstream's form: `ok`, or with `?verbose`, and when something is wrong, a line for each check.
// The reason is for those who have a certificate: whoever comes along learns that something is wrong, and the log says what.

import type { Query } from './query.ts';

export interface Check {
  readonly name: string;
  /** undefined: nothing is wrong. */
  readonly fault: string | undefined;
}

export interface Health {
  readonly code: number;
  readonly text: string;
}

const paths = /^\/(healthz|livez|readyz)(?:\/([a-z]+))?$/;

/** undefined: no such path. */
export function answerHealth(
  path: string,
  query: Query,
  isKnown: boolean,
  checks: readonly Check[],
): Health | undefined {
  const [, endpoint, only] = paths.exec(path) ?? [];
  if (endpoint === undefined) return undefined;
  const asked = only === undefined ? checks : checks.filter(({ name }) => name === only);
  if (asked.length === 0) return undefined;
  const excluded = query.getAll('exclude');
  const lines = asked.map(({ name, fault }) => {
    if (excluded.includes(name)) return { isWrong: false, text: `[+]${name} excluded: ok` };
    if (fault === undefined) return { isWrong: false, text: `[+]${name} ok` };
    return { isWrong: true, text: `[-]${name} failed: ${isKnown ? fault : 'reason withheld'}` };
  });
  const unknown = excluded.filter((name) => !asked.some((check) => check.name === name));
  const warnings =
    unknown.length === 0
      ? []
      : [
          `warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(',')}`,
        ];
  const isWrong = lines.some((line) => line.isWrong);
  if (!isWrong && !query.has('verbose')) return { code: 200, text: 'ok' };
  const all = [...lines.map(({ text }) => text), ...warnings, `${endpoint} check ${isWrong ? 'failed' : 'passed'}`];
  return { code: isWrong ? 500 : 200, text: `${all.join('\n')}\n` };
}
