// Everything that is wrong with what the agent was given or met, as one list: what `waggle status` shows
// and what the log says once when it comes and once when it goes.

import type { StatusState } from '#api/status.ts';
import type { LogEvent } from '#io/log.ts';

export interface AgentProblem {
  /** As in `waggle status`: `manifests`, `node`, `policy rack0`, `speaker`. */
  readonly component: string;
  readonly state: Exclude<StatusState, 'ok'>;
  /** `file:line: field: value: what would be right`. */
  readonly text: string;
  /** How the log tells it. */
  readonly event: LogEvent;
  /** What the log says of it when it is over. */
  readonly subject: string;
}

/** Remembers which problems the log knows of. */
export class ProblemLog {
  readonly #write: (event: LogEvent) => void;
  #known: ReadonlyMap<string, AgentProblem> = new Map();

  constructor(write: (event: LogEvent) => void) {
    this.#write = write;
  }

  update(problems: readonly AgentProblem[]): void {
    const next = new Map(problems.map((problem) => [`${problem.component} ${problem.text}`, problem]));
    for (const [key, problem] of next) {
      if (!this.#known.has(key)) this.#write(problem.event);
    }
    const subjects = new Set(problems.map(({ component, subject }) => `${component} ${subject}`));
    for (const [key, { component, subject }] of this.#known) {
      // A subject with another problem now is not in order; that problem has been told.
      if (next.has(key) || subjects.has(`${component} ${subject}`)) continue;
      this.#write({ type: 'problem-over', what: subject });
      subjects.add(`${component} ${subject}`);
    }
    this.#known = next;
  }
}
