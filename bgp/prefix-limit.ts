// Maximum numbers of prefixes that a neighbor may announce, by family: one warning at a share of the limit, and what happens
// beyond it (RFC 4486 §4: Maximum Number of Prefixes Reached, with the family and the limit as data). Counting and refusing
// single routes is the RIB's; that the session stays down afterwards is peer.ts's.

import type { MaxPrefixesConfig } from './config.ts';
import { families, type Family } from './net/family.ts';
import { CeaseSubcode, NotificationCode, NotificationError } from './wire/notification.ts';

export interface PrefixLimitDeps {
  readonly told: (family: Family, level: 'warning' | 'reached', prefixes: number, config: MaxPrefixesConfig) => void;
  /** Before the NOTIFICATION is thrown. */
  readonly exceeded: (family: Family, config: MaxPrefixesConfig) => void;
}

export class PrefixLimit {
  private readonly deps: PrefixLimitDeps;
  private readonly configs: (MaxPrefixesConfig | undefined)[];
  /** From which number on something is to be said or done; keeps the usual case to one comparison. */
  private readonly nexts: number[];
  private readonly hasWarned: boolean[];
  private readonly hasReached: boolean[];

  constructor(deps: PrefixLimitDeps) {
    this.deps = deps;
    this.configs = families.map(() => undefined);
    this.nexts = families.map(() => Infinity);
    this.hasWarned = families.map(() => false);
    this.hasReached = families.map(() => false);
  }

  configOf(family: Family): MaxPrefixesConfig | undefined {
    return this.configs[family.index];
  }

  configure(family: Family, config: MaxPrefixesConfig | undefined): void {
    const { index } = family;
    const before = this.configs[index];
    this.configs[index] = config;
    if (before?.limit !== config?.limit || before?.action !== config?.action) this.hasReached[index] = false;
    if (before?.limit !== config?.limit || before?.warningPercent !== config?.warningPercent) {
      this.hasWarned[index] = false;
    }
    this.plan(index);
  }

  /** A session ended: the next one is told of anew. */
  reset(): void {
    for (const { index } of families) {
      this.hasWarned[index] = false;
      this.hasReached[index] = false;
      this.plan(index);
    }
  }

  /** After an UPDATE, or a new configuration. Throws NotificationError when the session must end. */
  check(family: Family, prefixes: number, refused: number): void {
    const { index } = family;
    const config = this.configs[index];
    if (config === undefined || (prefixes < this.nexts[index] && refused === 0)) return;
    const warnAt = warningOf(config);
    if (prefixes >= warnAt && !this.hasWarned[index]) {
      this.hasWarned[index] = true;
      this.deps.told(family, 'warning', prefixes, config);
    }
    // Routes of the session before may still be counted until they are swept: what was refused is exact.
    if (refused > 0 || (config.action === 'warn' && prefixes > config.limit)) {
      if (!this.hasReached[index]) {
        this.hasReached[index] = true;
        this.deps.told(family, 'reached', prefixes + refused, config);
      }
      if (config.action === 'restart' || config.action === 'shutdown') {
        this.deps.exceeded(family, config);
        throw limitFault(family, config.limit);
      }
    }
    this.plan(index);
  }

  private plan(index: number): void {
    const config = this.configs[index];
    if (config === undefined) this.nexts[index] = Infinity;
    else if (!this.hasWarned[index]) this.nexts[index] = Math.min(warningOf(config), config.limit + 1);
    else this.nexts[index] = this.hasReached[index] ? Infinity : config.limit + 1;
  }
}

/** RFC 4486 §4 */
export function limitFault(family: Family, limit: number): NotificationError {
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
