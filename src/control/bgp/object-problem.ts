// Something in a Kubernetes object that is not done, and why; the rest of the object is in force.

import type { FieldPath } from '../yaml/document.ts';
import { formatFieldPath, formatValue } from '../yaml/field-path.ts';
import { hiddenValue } from '../yaml/secret-key.ts';

/**
 * `invalid`: no reading of the object makes sense of it. `unsupported`: valid, and waggle cannot do it yet.
 * `conflict`: another object is in its way. `node`: the node lacks something. `secret`: a Secret that it names does.
 */
export type ProblemReason = 'invalid' | 'unsupported' | 'conflict' | 'node' | 'secret';

export interface ObjectProblem {
  readonly reason: ProblemReason;
  /** `CiliumBGPPeeringPolicy/rack0`. */
  readonly object: string;
  readonly path: FieldPath;
  /** As it may be shown: one line, nothing a terminal would act on. */
  readonly value: string;
  /** What would be right, or what happens instead. */
  readonly message: string;
}

/** `spec.virtualRouters[0].localASN: 0: expected 1..4294967295`. */
export function formatProblem({ path, value, message }: ObjectProblem): string {
  return `${formatFieldPath(path)}: ${value}: ${message}`;
}

/** Collects what is wrong with one object; the same complaint counts once. */
export class ProblemList {
  readonly problems: ObjectProblem[] = [];
  readonly #seen = new Set<string>();

  add(reason: ProblemReason, object: string, path: FieldPath, value: unknown, message: string): void {
    const problem = { reason, object, path, value: formatValue(value), message };
    const key = `${object} ${formatProblem(problem)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.problems.push(problem);
  }

  /** For a value that nobody may read: only that it is wrong is said. */
  addHidden(object: string, path: FieldPath, message: string): void {
    this.problems.push({ reason: 'invalid', object, path, value: hiddenValue, message });
  }

  /** Adds what happens instead to the problems from `first` on. */
  explain(first: number, consequence: string): void {
    for (let index = first; index < this.problems.length; index++) {
      const problem = this.problems[index];
      this.problems[index] = { ...problem, message: `${problem.message}; ${consequence}` };
    }
  }

  get count(): number {
    return this.problems.length;
  }
}
