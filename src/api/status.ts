// What the composition roots say about themselves through GET /status: one line a component, made anew on each request.
// The API adds the sessions and the kernel's routes; who else is well and why is decided by src/router and src/agent.

import type { SessionCounts } from './session-status.ts';

/** `warning`: works, but not as asked. `error`: something asked for does not work. */
export type StatusState = 'ok' | 'warning' | 'error';

export interface StatusEntry {
  /** Such as `configuration`, `speaker`, `policy rack0`. */
  readonly component: string;
  readonly state: StatusState;
  readonly message: string;
}

/** The body of GET /status. */
export interface StatusReport {
  readonly nodeName: string;
  readonly version: string;
  /** The worst state of the components. */
  readonly state: StatusState;
  readonly components: readonly StatusEntry[];
  readonly sessions: SessionCounts;
}

const order: readonly StatusState[] = ['ok', 'warning', 'error'];

export function worstState(entries: readonly StatusEntry[]): StatusState {
  return order[Math.max(0, ...entries.map((entry) => order.indexOf(entry.state)))];
}
