// The catalogue of everything the program logs: one row an event, with its level and its sentence; nothing
// else in the product writes log lines. JSON lines to stderr, or aligned text for people. What a peer may
// have decided is escaped; secrets and peers' bytes are in no event.

import { pino } from 'pino';
import type { DestinationStream, Level, Logger } from 'pino';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { SpeakerOutcome } from '#bgp/views.ts';
import { escapeText } from './escape-text.ts';

/** What the shell around the speaker tells of itself. */
export type ShellEvent =
  | { readonly type: 'starting'; readonly what: string; readonly version: string; readonly runDir: string }
  | { readonly type: 'started'; readonly what: string; readonly startMs: number }
  | { readonly type: 'listening'; readonly what: string; readonly address: string }
  | {
      readonly type: 'configuration-applied';
      readonly source: string;
      readonly changes: SpeakerOutcome;
      /** Fields that changed beside neighbors and networks. */
      readonly fields?: readonly string[];
    }
  | { readonly type: 'configuration-unchanged'; readonly source: string }
  | { readonly type: 'configuration-broken'; readonly source: string; readonly fault: string }
  | { readonly type: 'object-refused'; readonly source: string; readonly object: string; readonly reason: string }
  | { readonly type: 'problem'; readonly what: string; readonly problem: string }
  | { readonly type: 'problem-over'; readonly what: string }
  | { readonly type: 'api-fault'; readonly about: string; readonly error: string }
  | { readonly type: 'leader'; readonly holder: string; readonly isUs: boolean }
  | { readonly type: 'speaker-crashed'; readonly error: string }
  | {
      readonly type: 'begun';
      readonly isRestarting: boolean;
      readonly reason: string;
      /** Whose forwarding outlived the last process. */
      readonly families: readonly string[];
    }
  | { readonly type: 'stopping'; readonly signal: string }
  | { readonly type: 'stopped' };

export type LogEvent = SpeakerEvent | ShellEvent;

export const logFormats = ['json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  readonly nodeName: string;
}

interface Row<Event> {
  readonly level: Level | ((event: Event) => Level);
  readonly message: (event: Event) => string;
}

/** The event of one name; several names may share one shape. */
type EventOf<Type, Event = LogEvent> = Event extends { readonly type: infer Types }
  ? Type extends Types
    ? Event
    : never
  : never;

type Catalogue = { readonly [Type in LogEvent['type']]: Row<EventOf<Type>> };

const maxErrorLength = 8_000;

const limitWords = {
  warn: 'taken all the same',
  discard: 'what is beyond it is not taken',
  restart: 'the session is ended and comes back later',
  shutdown: 'the session is ended and stays down',
} as const;

const staleWords = {
  kept: 'are kept while it restarts',
  'long-lived': 'are kept as long-lived stale ones',
  removed: 'are removed',
} as const;

/** `to Established` and away from it is what operators look for; the steps between are for debugging. */
const catalogue: Catalogue = {
  'neighbor-state': {
    level: ({ from, to }) => (from === 'Established' || to === 'Established' ? 'info' : 'debug'),
    message: ({ neighbor, from, to, reason }) => `neighbor ${neighbor}: ${from} -> ${to}: ${reason}`,
  },
  'notification-sent': {
    level: 'warn',
    message: ({ neighbor, code, subcode, text }) => `sent NOTIFICATION ${code}/${subcode} to ${neighbor}: ${text}`,
  },
  'notification-received': {
    level: 'warn',
    message: ({ neighbor, code, subcode, text }) =>
      `received NOTIFICATION ${code}/${subcode} from ${neighbor}: ${text}`,
  },
  'connect-failed': { level: 'info', message: ({ neighbor, error }) => `cannot connect to ${neighbor}: ${error}` },
  'connection-refused': {
    level: 'info',
    message: ({ remoteAddress, reason }) => `refused a connection from ${remoteAddress}: ${reason}`,
  },
  collision: {
    level: 'debug',
    message: ({ neighbor, kept }) => `collision with ${neighbor}: kept the ${kept} connection`,
  },
  'update-fault': {
    level: 'warn',
    message: ({ neighbor, action, reason }) => `malformed UPDATE from ${neighbor} (${action}): ${reason}`,
  },
  'end-of-rib': { level: 'debug', message: ({ neighbor, family }) => `End-of-RIB from ${neighbor} for ${family}` },
  'family-disabled': {
    level: 'warn',
    message: ({ neighbor, family, reason }) =>
      `nothing of ${family} is taken from ${neighbor} until the next session: ${reason}`,
  },
  'family-not-sent': {
    level: 'warn',
    message: ({ neighbor, family, reason }) => `nothing of ${family} is sent to ${neighbor}: ${reason}`,
  },
  'route-not-sent': {
    level: 'warn',
    message: ({ neighbors, prefix, reason }) => `${prefix} is not sent to ${neighbors.join(', ')}: ${reason}`,
  },
  'fib-refused': {
    level: 'warn',
    message: ({ prefix, reason, others }) =>
      `${prefix} is not in the kernel: ${reason}${others === 0 ? '' : ` (nor are ${others} others)`}`,
  },
  'kernel-problem': { level: 'warn', message: ({ problem }) => problem },
  'prefix-limit': {
    level: 'warn',
    message: ({ neighbor, family, mark, prefixes, limit, action }) =>
      mark === 'warning'
        ? `${neighbor} announced ${prefixes} prefixes of ${family}; the limit is ${limit}`
        : `${neighbor} announced ${prefixes} prefixes of ${family}, more than ${limit}: ${limitWords[action]}`,
  },
  'stale-routes': {
    level: 'info',
    message: ({ neighbor, family, change, routes, reason }) =>
      `${routes} routes of ${family} from ${neighbor} ${staleWords[change]}: ${reason}`,
  },
  'selection-deferral': {
    level: 'info',
    message: ({ change, reason }) =>
      change === 'begun' ? `route selection waits after the restart: ${reason}` : `routes are selected: ${reason}`,
  },
  'dynamic-neighbor': {
    level: 'info',
    message: ({ neighbor, prefix, change }) => `dynamic neighbor ${neighbor} of ${prefix} ${change}`,
  },
  'graceful-shutdown': {
    level: 'info',
    message: ({ neighbor, isDraining }) =>
      `${neighbor ?? 'every neighbor'} ${isDraining ? 'is drained (GRACEFUL_SHUTDOWN)' : 'is not drained any more'}`,
  },
  'route-refresh': {
    level: ({ change }) => (change === 'timed-out' ? 'warn' : 'debug'),
    message: ({ neighbor, family, change, removed }) =>
      `route refresh of ${family} with ${neighbor} ${change}${
        change === 'ended' || change === 'timed-out' ? `, ${removed} routes removed` : ''
      }`,
  },
  // Asked for by an operator, at run time: not hidden behind the level.
  'debug-message': {
    level: 'info',
    message: ({ neighbor, direction, kind, text }) => `${direction} ${kind} ${neighbor}: ${text}`,
  },
  'internal-error': {
    level: 'error',
    message: ({ neighbor, error }) =>
      `a fault of our own while reading from ${neighbor}; the session was reset: ${error}`,
  },
  starting: { level: 'info', message: ({ what, version }) => `${what} ${version} starts` },
  started: { level: 'info', message: ({ what, startMs }) => `${what} runs after ${Math.round(startMs)} ms` },
  listening: { level: 'info', message: ({ what, address }) => `${what} listens on ${address}` },
  'configuration-applied': {
    level: 'info',
    message: ({ source, changes, fields = [] }) => `${source}: ${describeChanges(changes, fields)}`,
  },
  'configuration-unchanged': { level: 'info', message: ({ source }) => `${source}: nothing changed` },
  'configuration-broken': {
    level: 'error',
    message: ({ fault }) => `${fault}; the running configuration stays`,
  },
  'object-refused': { level: 'warn', message: ({ source, object, reason }) => `${source}: ${object}: ${reason}` },
  problem: { level: 'warn', message: ({ problem }) => problem },
  begun: {
    level: 'info',
    message: ({ isRestarting, reason, families }) => {
      if (!isRestarting) return `BGP begins anew: ${reason}`;
      const kept = families.length === 0 ? 'no forwarding outlived it' : `forwarding of ${families.join(', ')} goes on`;
      return `BGP begins after a restart: ${reason}; ${kept}`;
    },
  },
  leader: {
    level: 'info',
    message: ({ holder, isUs }) => (isUs ? `this operator leads as ${holder}` : `the operator ${holder} leads`),
  },
  'problem-over': { level: 'info', message: ({ what }) => `${what}: works again` },
  'api-fault': { level: 'error', message: ({ about, error }) => `${about}: ${error}` },
  'speaker-crashed': { level: 'fatal', message: ({ error }) => `the speaker died, the process ends: ${error}` },
  stopping: { level: 'info', message: ({ signal }) => `${signal}: sessions are closed` },
  stopped: { level: 'info', message: () => 'stopped' },
};

export class EventLog {
  readonly #logger: Logger;

  constructor(options: Pick<LogOptions, 'level' | 'nodeName'>, destination: DestinationStream) {
    this.#logger = pino({ level: options.level, base: { node: options.nodeName } }, destination);
  }

  write(event: LogEvent): void {
    const { level, message } = describeEvent(event);
    if (!this.#logger.isLevelEnabled(level)) return;
    const { type, ...fields } = event;
    this.#logger[level]({ event: type, ...escapeFields(fields) }, message);
  }
}

/** Level and sentence of an event, escaped. */
export function describeEvent(event: LogEvent): { readonly level: Level; readonly message: string } {
  const row = rowOf(event.type);
  const level = typeof row.level === 'function' ? row.level(event) : row.level;
  return { level, message: escapeText(row.message(event), maxErrorLength) };
}

/** The catalogue pairs each row with its own event; looked up by type, that pairing is what makes this sound. */
function rowOf(type: LogEvent['type']): Row<LogEvent> {
  const rows: Readonly<Record<string, Row<never>>> = catalogue;
  const row = rows[type];
  return {
    level: (event) => (typeof row.level === 'function' ? Reflect.apply(row.level, undefined, [event]) : row.level),
    message: (event) => Reflect.apply(row.message, undefined, [event]),
  };
}

function escapeFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' ? escapeText(value, maxErrorLength) : value,
    ]),
  );
}

function describeChanges(changes: SpeakerOutcome, fields: readonly string[]): string {
  const list = (verb: string, neighbors: readonly string[]): string[] => {
    if (neighbors.length === 0) return [];
    const more = neighbors.length > 5 ? `, and ${neighbors.length - 5} more` : '';
    return [`${verb} ${neighbors.slice(0, 5).join(', ')}${more}`];
  };
  const count = (verb: string, networks: number): string[] =>
    networks === 0 ? [] : [`${verb} ${networks} ${networks === 1 ? 'network' : 'networks'}`];
  const parts = [
    ...(fields.length === 0 ? [] : [`changed ${fields.join(', ')}`]),
    ...list('added', changes.neighborsAdded),
    ...list('removed', changes.neighborsRemoved),
    ...list('updated', changes.neighborsUpdated),
    ...list('reset', changes.neighborsReset),
    ...count('added', changes.networksAdded),
    ...count('removed', changes.networksRemoved),
  ];
  return parts.length === 0 ? 'nothing changed' : parts.join('; ');
}

/** The log of a daemon, on stderr; written before the call returns, so that the last line of a dying process is there. */
export async function openLog(options: LogOptions): Promise<EventLog> {
  if (options.format === 'json') return new EventLog(options, pino.destination({ dest: 2, sync: true }));
  // Only people's terminals need it: not loaded otherwise.
  const { build } = await import('pino-pretty');
  const pretty = build({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    // The sentence says it all; fields are for machines.
    hideObject: true,
    ignore: 'pid,hostname,node',
  });
  return new EventLog(options, pretty);
}
