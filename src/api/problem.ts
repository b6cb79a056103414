// Every error of the API is a problem document (RFC 9457). `ProblemError` is what handlers throw; the server turns it, and
// whatever Fastify itself refuses, into `application/problem+json`, or one `% line` for readers of plain text, as FRR does.

export interface Problem {
  /** A URN that scripts may compare; `about:blank` when the status says it all (RFC 9457 §4.2.1). */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The path asked for. */
  readonly instance?: string;
  /** What would be right: commands or words. */
  readonly suggestions?: readonly string[];
  /** FRR's key for a neighbor that does not exist. */
  readonly bgpNoSuchNeighbor?: true;
}

export const problemTypes = {
  unknownCommand: 'urn:waggle:problem:unknown-command',
  ambiguousCommand: 'urn:waggle:problem:ambiguous-command',
  incompleteCommand: 'urn:waggle:problem:incomplete-command',
  badArgument: 'urn:waggle:problem:bad-argument',
  unknownPath: 'urn:waggle:problem:unknown-path',
  noSuchNeighbor: 'urn:waggle:problem:no-such-neighbor',
  noSuchInstance: 'urn:waggle:problem:no-such-instance',
  methodNotAllowed: 'urn:waggle:problem:method-not-allowed',
  wrongHost: 'urn:waggle:problem:wrong-host',
  busy: 'urn:waggle:problem:busy',
  blank: 'about:blank',
} as const;

export class ProblemError extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
    this.headers = headers;
  }
}

export function badArgument(detail: string, suggestions?: readonly string[]): ProblemError {
  return new ProblemError({
    type: problemTypes.badArgument,
    title: 'An argument is wrong',
    status: 400,
    detail,
    ...(suggestions === undefined ? {} : { suggestions }),
  });
}

export function noSuchNeighbor(address: string): ProblemError {
  return new ProblemError({
    type: problemTypes.noSuchNeighbor,
    title: 'No such neighbor',
    status: 404,
    detail: `No such neighbor in this view/vrf: ${address}`,
    bgpNoSuchNeighbor: true,
  });
}

/** One line for people, with what would be right. */
export function formatProblem(problem: Problem): string {
  const hint = problem.suggestions?.length ? `\n  ${problem.suggestions.join('\n  ')}` : '';
  return `% ${problem.detail}${hint}\n`;
}
