// What the bench and its peer processes say to each other over the IPC channel, and the one parser that turns what arrives
// (unknown) into these types.

import { BenchError } from './bench-error.ts';
import type { Verdict } from './verify.ts';

/** From a peer process to the bench. */
export type Report =
  | { readonly type: 'established' }
  /** As many prefixes as the table has were counted; the verdict follows. */
  | { readonly type: 'received'; readonly atMs: number }
  | { readonly type: 'verdict'; readonly sentMs: number; readonly verdict: Verdict }
  /** Milliseconds from sending one prefix to receiving it, one value a probe; lost ones are missing. */
  | { readonly type: 'probed'; readonly delaysMs: readonly number[]; readonly sent: number }
  | {
      readonly type: 'fanned';
      readonly seconds: number;
      readonly isCut: boolean;
      readonly correct: number;
      readonly expected: number;
      readonly faults: readonly string[];
    }
  | { readonly type: 'watched'; readonly longestGapMs: number; readonly keepalives: number }
  | { readonly type: 'fetched'; readonly answers: readonly Answer[]; readonly p99DelaySec: number | null }
  | { readonly type: 'failed'; readonly message: string };

/** One whole HTTP answer of the route table. */
export interface Answer {
  readonly client: number;
  readonly tookMs: number;
  readonly bytes: number;
  readonly routes: number;
}

export type Command = { readonly type: 'start' } | { readonly type: 'probe' } | { readonly type: 'finish' };

export function parseCommand(value: unknown): Command['type'] {
  if (isRecord(value) && (value.type === 'start' || value.type === 'probe' || value.type === 'finish'))
    return value.type;
  throw new BenchError(`no command: ${JSON.stringify(value)}`);
}

export function parseReport(value: unknown): Report {
  if (!isRecord(value)) throw new BenchError(`no report: ${JSON.stringify(value)}`);
  switch (value.type) {
    case 'established':
      return { type: 'established' };
    case 'received':
      return { type: 'received', atMs: readNumber(value, 'atMs') };
    case 'verdict':
      return { type: 'verdict', sentMs: readNumber(value, 'sentMs'), verdict: parseVerdict(value.verdict) };
    case 'probed':
      return { type: 'probed', delaysMs: readArray(value, 'delaysMs').map(Number), sent: readNumber(value, 'sent') };
    case 'fanned':
      return {
        type: 'fanned',
        seconds: readNumber(value, 'seconds'),
        isCut: value.isCut === true,
        correct: readNumber(value, 'correct'),
        expected: readNumber(value, 'expected'),
        faults: readArray(value, 'faults').map(String),
      };
    case 'watched':
      return {
        type: 'watched',
        longestGapMs: readNumber(value, 'longestGapMs'),
        keepalives: readNumber(value, 'keepalives'),
      };
    case 'fetched':
      return {
        type: 'fetched',
        answers: readArray(value, 'answers').map(parseAnswer),
        p99DelaySec: value.p99DelaySec === null ? null : readNumber(value, 'p99DelaySec'),
      };
    case 'failed':
      return { type: 'failed', message: String(value.message) };
    default:
      throw new BenchError(`no report: ${JSON.stringify(value)}`);
  }
}

function parseVerdict(value: unknown): Verdict {
  if (!isRecord(value)) throw new BenchError('a verdict is an object');
  return {
    correct: readNumber(value, 'correct'),
    wrong: readNumber(value, 'wrong'),
    missing: readNumber(value, 'missing'),
    foreign: readNumber(value, 'foreign'),
    repeated: readNumber(value, 'repeated'),
    withdrawn: readNumber(value, 'withdrawn'),
    updates: readNumber(value, 'updates'),
    firstPrefixMs: readNumber(value, 'firstPrefixMs'),
    lastPrefixMs: readNumber(value, 'lastPrefixMs'),
    faults: readArray(value, 'faults').map(String),
  };
}

function parseAnswer(value: unknown): Answer {
  if (!isRecord(value)) throw new BenchError('an answer is an object');
  return {
    client: readNumber(value, 'client'),
    tookMs: readNumber(value, 'tookMs'),
    bytes: readNumber(value, 'bytes'),
    routes: readNumber(value, 'routes'),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readNumber(record: Record<string, unknown>, key: string): number {
  const value = record[key];
  if (typeof value === 'number') return value;
  throw new BenchError(`${key} is ${JSON.stringify(value)}, not a number`);
}

function readArray(record: Record<string, unknown>, key: string): unknown[] {
  const value = record[key];
  if (Array.isArray(value)) return value;
  throw new BenchError(`${key} is ${JSON.stringify(value)}, not a list`);
}
