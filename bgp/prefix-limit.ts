// Maximum numbers of prefixes that a neighbor may announce, by family: one warning at a share of the limit, and what happens
// beyond it (RFC 4486 §4: Maximum Number of Prefixes Reached, with the family and the limit as data). Counting and refusing
// single routes is the RIB's; that the session stays down afterwards is neighbor-limits.ts's.

import type { MaxPrefixesConfig } from './config.ts';
import { families, type Family } from './net/family.ts';
import type { Clock } from './ports.ts';
import { CeaseSubcode, NotificationCode, NotificationError } from './wire/notification.ts';

export interface PrefixLimitDeps {
  readonly clock: Clock;
  readonly told: (family: Family, level: Level, prefixes: number, config: MaxPrefixesConfig) => void;
}

export type Level = 'warning' | 'reached';

/** A peer decides how often its number of prefixes crosses a line: each line is told of once in this time. */
const QUIET_MS = 60_000;

interface Line {
  /** The number is beyond it, and that has been noticed. */
  isPassed: boolean;
  toldMs: number;
}

interface Watch {
  config: MaxPrefixesConfig | undefined;
  readonly lines: Readonly<Record<Level, Line>>;
}

export class PrefixLimit {
  private readonly deps: PrefixLimitDeps;
  /** By family index. */
  private readonly watches: readonly Watch[];
  /** From which number on something is to be said or done; keeps the usual case to one comparison. */
  private readonly nexts: number[];

  constructor(deps: PrefixLimitDeps) {
    this.deps = deps;
    this.watches = families.map(() => ({ config: undefined, lines: { warning: newLine(), reached: newLine() } }));
    this.nexts = families.map(() => Infinity);
  }

  configOf(family: Family): MaxPrefixesConfig | undefined {
    return this.watches[family.index].config;
  }

  configure(family: Family, config: MaxPrefixesConfig | undefined): void {
    const watch = this.watches[family.index];
    const before = watch.config;
    watch.config = config;
    const isSameLimit = before?.limit === config?.limit;
    if (!isSameLimit || before?.action !== config?.action) forget(watch.lines.reached);
    if (!isSameLimit || before?.warningPercent !== config?.warningPercent) forget(watch.lines.warning);
    this.plan(family.index);
  }

  /** A session ended: the next one is told of anew. */
  reset(): void {
    for (const { index } of families) {
      forget(this.watches[index].lines.warning);
      forget(this.watches[index].lines.reached);
      this.plan(index);
    }
  }

  /** After an UPDATE that announces, or a new configuration: what the session must end with, if it must. */
  check(family: Family, prefixes: number, refused: number): NotificationError | undefined {
    const { config } = this.watches[family.index];
    if (config === undefined || (prefixes < this.nexts[family.index] && refused === 0)) return undefined;
    if (prefixes >= warningOf(config)) this.pass(family, 'warning', prefixes, config);
    const isReached = prefixes > config.limit || (refused > 0 && prefixes >= config.limit);
    if (isReached) this.pass(family, 'reached', prefixes + refused, config);
    this.plan(family.index);
    return isReached && (config.action === 'restart' || config.action === 'shutdown')
      ? limitFault(family, config.limit)
      : undefined;
  }

  /** After an UPDATE that withdraws: what is passed once more will be told of once more. */
  fell(family: Family, prefixes: number, refused: number): void {
    const { config, lines } = this.watches[family.index];
    if (config === undefined || !(lines.warning.isPassed || lines.reached.isPassed)) return;
    if (prefixes < warningOf(config)) lines.warning.isPassed = false;
    if (prefixes <= config.limit && refused === 0) lines.reached.isPassed = false;
    this.plan(family.index);
  }

  private pass(family: Family, level: Level, prefixes: number, config: MaxPrefixesConfig): void {
    const line = this.watches[family.index].lines[level];
    if (line.isPassed) return;
    line.isPassed = true;
    const nowMs = this.deps.clock.nowMs();
    if (nowMs - line.toldMs < QUIET_MS) return;
    line.toldMs = nowMs;
    this.deps.told(family, level, prefixes, config);
  }

  private plan(index: number): void {
    const { config, lines } = this.watches[index];
    let next = Infinity;
    if (config !== undefined && !lines.reached.isPassed) next = config.limit + 1;
    if (config !== undefined && !lines.warning.isPassed) next = Math.min(next, warningOf(config));
    this.nexts[index] = next;
  }
}

function newLine(): Line {
  return { isPassed: false, toldMs: Number.NEGATIVE_INFINITY };
}

function forget(line: Line): void {
  line.isPassed = false;
  line.toldMs = Number.NEGATIVE_INFINITY;
}

/** RFC 4486 §4 */
function limitFault(family: Family, limit: number): NotificationError {
  return new NotificationError(
    NotificationCode.Cease,
    CeaseSubcode.MaximumPrefixesReached,
    encodeLimit(family, limit),
    `more than ${limit} prefixes of ${family.name}`,
  );
}

/** A share of a small limit is one prefix at least. */
function warningOf({ limit, warningPercent }: MaxPrefixesConfig): number {
  return Math.max(1, Math.ceil((limit * warningPercent) / 100));
}

/** RFC 4486 §4: AFI (2 octets), SAFI (1), prefix upper bound (4). */
function encodeLimit({ afi, safi }: Family, limit: number): Uint8Array {
  return Uint8Array.of(
    afi >>> 8,
    afi & 255,
    safi,
    limit >>> 24,
    (limit >>> 16) & 255,
    (limit >>> 8) & 255,
    limit & 255,
  );
}
