// The BGP sessions in words and counts, as the status tells them: how many of the configured ones stand, and which do not and why.
// A session that nobody shut down and that does not stand is a warning: the daemon is well, the network is not as asked.

import type { InstanceView, NeighborView, RestartView } from '#bgp/views.ts';
import { escapeText } from './escape.ts';
import type { StatusEntry } from './status.ts';

/** Of all instances. Each configured neighbor is in exactly one of the four after `configured`. */
export interface SessionCounts {
  readonly configured: number;
  readonly established: number;
  /** Neither shut nor kept down: they try, or wait for the neighbor. */
  readonly down: number;
  /** Kept down by us until something changes: a password that is missing, a prefix limit that was passed. Dynamic ones too. */
  readonly keptDown: number;
  readonly shutDown: number;
  /** Among the others: what is sent has GRACEFUL_SHUTDOWN. */
  readonly drained: number;
  /** Established, made from a prefix of the configuration: in none of the others. */
  readonly dynamic: number;
}

/** Neighbors that one line names with their reasons. */
const MAX_NAMED = 5;

type Sorted = Readonly<Record<keyof SessionCounts, readonly NeighborView[]>>;

function sortNeighbors(neighbors: readonly NeighborView[]): Sorted {
  const configured = neighbors.filter(({ dynamicPrefix }) => dynamicPrefix === undefined);
  const open = configured.filter(({ isShutdown }) => !isShutdown);
  const waiting = open.filter(({ state }) => state !== 'Established');
  return {
    configured,
    established: open.filter(({ state }) => state === 'Established'),
    down: waiting.filter(({ session }) => session.heldDownReason === undefined),
    keptDown: neighbors.filter(
      ({ isShutdown, state, session }) =>
        !isShutdown && state !== 'Established' && session.heldDownReason !== undefined,
    ),
    shutDown: configured.filter(({ isShutdown }) => isShutdown),
    drained: configured.filter(({ isDraining }) => isDraining),
    dynamic: neighbors.filter(({ dynamicPrefix, state }) => dynamicPrefix !== undefined && state === 'Established'),
  };
}

export function countSessions(instances: readonly InstanceView[]): SessionCounts {
  const sorted = sortNeighbors(instances.flatMap(({ neighbors }) => neighbors));
  return {
    configured: sorted.configured.length,
    established: sorted.established.length,
    down: sorted.down.length,
    keptDown: sorted.keptDown.length,
    shutDown: sorted.shutDown.length,
    drained: sorted.drained.length,
    dynamic: sorted.dynamic.length,
  };
}

/** One line an instance. */
export function listSessionStatus(instances: readonly InstanceView[]): StatusEntry[] {
  return instances.map(({ instance, neighbors, restart }) => {
    const sorted = sortNeighbors(neighbors);
    const isAsAsked = sorted.down.length === 0 && sorted.keptDown.length === 0 && !restart.isDeferring;
    return {
      component: instances.length === 1 ? 'sessions' : `sessions ${instance}`,
      state: isAsAsked ? 'ok' : 'warning',
      message: [describe(sorted), describeDeferral(restart)].filter((part) => part !== '').join('; '),
    };
  });
}

/** `1/3 established; 1 down: 10.0.0.2 (connection refused); 1 shut down: 10.0.0.3` */
function describe({ configured, established, dynamic, ...rest }: Sorted): string {
  const dynamicOnes = dynamic.length === 0 ? '' : `${dynamic.length} dynamic established`;
  const configuredOnes = `${established.length}/${configured.length} established`;
  const parts = [configured.length === 0 ? '' : configuredOnes, dynamicOnes];
  const why = ({ address, downReason, state }: NeighborView): string =>
    `${address} (${escapeText(downReason ?? state)})`;
  const who = ({ address }: NeighborView): string => address;
  parts.push(list('down', rest.down, why), list('kept down', rest.keptDown, why));
  parts.push(list('shut down', rest.shutDown, who), list('drained', rest.drained, who));
  return parts.filter((part) => part !== '').join('; ') || 'no neighbors';
}

/** After a restart (RFC 4724 §4.1): until then nothing is chosen, told or installed. */
function describeDeferral({ isDeferring, deferralRemainingSec = 0, awaited }: RestartView): string {
  if (!isDeferring) return '';
  const named = awaited.slice(0, MAX_NAMED).map((who) => escapeText(who));
  const more = awaited.length > MAX_NAMED ? `, and ${awaited.length - MAX_NAMED} more` : '';
  const whom = named.length === 0 ? 'our own routes' : `the routes of ${named.join(', ')}${more}`;
  return `no route is chosen yet after the restart: ${whom} are awaited, ${deferralRemainingSec} s at most`;
}

function list(what: string, neighbors: readonly NeighborView[], show: (neighbor: NeighborView) => string): string {
  if (neighbors.length === 0) return '';
  const named = neighbors.slice(0, MAX_NAMED).map(show).join(', ');
  const more = neighbors.length > MAX_NAMED ? `, and ${neighbors.length - MAX_NAMED} more` : '';
  return `${neighbors.length} ${what}: ${named}${more}`;
}
