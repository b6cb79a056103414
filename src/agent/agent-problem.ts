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
  /** What is not in order: an object, a file, the speaker. The log says of it when it is over. */
  readonly subject: string;
  /** The file it stands in, where it stands in one. */
  readonly file?: string | undefined;
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
    const over = new Set<string>();
    for (const [key, known] of this.#known) {
      // What has another problem now is not in order; that problem has been told.
      if (next.has(key) || problems.some((problem) => isOfSame(problem, known))) continue;
      over.add(known.subject);
    }
    for (const what of over) this.#write({ type: 'problem-over', what });
    this.#known = next;
  }
}

/** A file that cannot be read may hold the object, and the object's problem may be what is left of the file's. */
function isOfSame(a: AgentProblem, b: AgentProblem): boolean {
  if (a.subject === b.subject) return true;
  return a.file !== undefined && a.file === b.file && (a.subject === a.file || b.subject === b.file);
}
