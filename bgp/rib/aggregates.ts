// hot: aggregates of one family (RFC 4271 §9.2.2.2): originated as long as a more specific route is there, with the path information
// left out and no AS_SET (RFC 9774), so that the AS path begins here ("consistent brief aggregation"). Counts what contributes to
// each; with summary-only what is covered is not advertised. Routes begin and end through the port of the RIB.

import { growUint8, nextCapacity } from '../net/columns.ts';
import type { Family } from '../net/family.ts';
import { asn } from '../net/asn.ts';
import { type Prefix, wordMask } from '../net/prefix.ts';
import { PrefixTable } from '../net/prefix-table.ts';
import { routerId } from '../net/router-id.ts';
import type { Policy } from '../policy/policy.ts';
import { policySource } from '../policy/policy-sources.ts';
import { applyChanges } from '../wire/export-transform.ts';
import { type AttrSetId, type AttributeSets, attrSetId, SetFlag } from '../wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, Origin } from '../wire/attributes.ts';
import type { PathTable } from './path-table.ts';
import { LocalSource } from './types.ts';

export interface Aggregate {
  readonly prefix: Prefix;
  readonly isSummaryOnly: boolean;
  /** Applied to the aggregate; it may refuse it. */
  readonly policy: Policy | undefined;
}

export interface AggregatesConfig {
  readonly aggregates: readonly Aggregate[];
  /** For AGGREGATOR (RFC 4271 §5.1.7); within a confederation its identifier (RFC 5065 §5). */
  readonly asn: number;
  readonly routerId: number;
}

export interface AggregatesDeps {
  readonly family: Family;
  readonly attributes: AttributeSets;
  readonly paths: PathTable;
  /** Originates or changes the aggregate; takes its own reference to the set. */
  readonly announce: (prefix: Prefix, attr: AttrSetId) => void;
  readonly withdraw: (prefix: Prefix) => void;
  /** What is advertised of a prefix must be looked at again. */
  readonly review: (slot: number) => void;
}

/** One aggregate and what contributes to it. */
interface Entry {
  readonly aggregate: Aggregate;
  /** Routes by ORIGIN. */
  readonly origins: [number, number, number];
  /** Routes with an AS path, which the aggregate leaves out. */
  withPath: number;
  isDirty: boolean;
  /** The set that is originated; 0 while there is none. */
  attr: AttrSetId;
}

/** What a prefix contributes: 0 nothing, else ORIGIN plus one, and whether there is an AS path. */
const HAS_PATH = 4;

export class Aggregates {
  private readonly deps: AggregatesDeps;
  private config: AggregatesConfig;
  private entries: readonly Entry[];
  /** Aggregates by prefix: the slot is the entry's place plus one, as long as nothing is removed. */
  private table: PrefixTable;
  /** Lengths of the aggregates, each once. */
  private lengths: readonly number[];
  /** By prefix slot. */
  private contributions: Uint8Array;
  /** Next prefix slot to count after a change of configuration; 0 when all have been. */
  private cursor: number;
  private hasDirty: boolean;
  private hasSummaries: boolean;
  /** Next prefix slot to review because more or less is suppressed; 0: none. */
  private reviewCursor: number;

  constructor(deps: AggregatesDeps) {
    this.deps = deps;
    this.config = { aggregates: [], asn: 0, routerId: 0 };
    this.entries = [];
    this.table = new PrefixTable(deps.family.words);
    this.lengths = [];
    this.contributions = new Uint8Array(0);
    this.cursor = 0;
    this.hasDirty = false;
    this.hasSummaries = false;
    this.reviewCursor = 0;
  }

  get isInUse(): boolean {
    return this.entries.length > 0;
  }

  get isIdle(): boolean {
    return this.cursor === 0 && this.reviewCursor === 0 && !this.hasDirty;
  }

  /** Other aggregates: what stays is not withdrawn in between. */
  configure(config: AggregatesConfig): void {
    if (config.aggregates.length === 0 && this.entries.length === 0) return;
    const before = this.entries;
    const hadSummaries = this.hasSummaries;
    this.config = config;
    this.entries = config.aggregates.map((aggregate) => ({
      aggregate,
      origins: [0, 0, 0],
      withPath: 0,
      isDirty: true,
      attr: before.find((entry) => entry.aggregate.prefix.equals(aggregate.prefix))?.attr ?? attrSetId(0),
    }));
    for (const entry of before) {
      if (this.entries.some(({ aggregate }) => aggregate.prefix.equals(entry.aggregate.prefix))) continue;
      if (entry.attr === 0) continue;
      this.deps.withdraw(entry.aggregate.prefix);
      this.deps.attributes.release(entry.attr);
    }
    this.table = new PrefixTable(this.deps.family.words);
    for (const { aggregate } of this.entries) {
      const { w0, w1, w2, w3, length } = aggregate.prefix;
      this.table.insert(w0, w1, w2, w3, length);
    }
    this.lengths = [...new Set(this.entries.map(({ aggregate }) => aggregate.prefix.length))];
    this.hasSummaries = this.entries.some(({ aggregate }) => aggregate.isSummaryOnly);
    this.contributions = new Uint8Array(this.entries.length === 0 ? 0 : 1024);
    this.cursor = this.entries.length === 0 ? 0 : 1;
    this.hasDirty = this.entries.length > 0;
    if (hadSummaries || this.hasSummaries) this.reviewCursor = 1;
  }

  /** The best path of a prefix is another one, or has other attributes. */
  bestChanged(slot: number): void {
    if (this.entries.length === 0) return;
    const is = this.contributionOf(slot);
    const was = slot < this.contributions.length ? this.contributions[slot] : 0;
    if (is === was) return;
    if (slot >= this.contributions.length) {
      this.contributions = growUint8(this.contributions, nextCapacity(this.contributions.length, slot + 1));
    }
    this.contributions[slot] = is;
    const { words, lengths, stride } = this.deps.paths.prefixes;
    for (let index = 0; index < this.lengths.length; index++) {
      if (this.lengths[index] >= lengths[slot]) continue;
      const found = this.findCovering(words, slot * stride, this.lengths[index]);
      if (found !== 0) this.count(this.entries[found - 1], was, is);
    }
  }

  /** Whether a summary-only aggregate that is originated stands for the prefix. */
  isSuppressed(slot: number): boolean {
    if (!this.hasSummaries) return false;
    const { words, lengths, stride } = this.deps.paths.prefixes;
    for (let index = 0; index < this.lengths.length; index++) {
      if (this.lengths[index] >= lengths[slot]) continue;
      const found = this.findCovering(words, slot * stride, this.lengths[index]);
      if (found === 0) continue;
      const { aggregate, attr } = this.entries[found - 1];
      if (aggregate.isSummaryOnly && attr !== 0) return true;
    }
    return false;
  }

  /** One slice; true when there is more to do. What came and went within it causes nothing. */
  work(budget: number): boolean {
    if (this.isIdle) return false;
    const { prefixes } = this.deps.paths;
    if (this.cursor !== 0) {
      const end = Math.min(prefixes.limit, this.cursor + budget);
      for (let slot = this.cursor; slot < end; slot++) this.bestChanged(slot);
      this.cursor = end < prefixes.limit ? end : 0;
      if (this.cursor !== 0) return true;
    }
    if (this.hasDirty) {
      this.hasDirty = false;
      for (const entry of this.entries) if (entry.isDirty) this.originate(entry);
    }
    if (this.reviewCursor !== 0) {
      const end = Math.min(prefixes.limit, this.reviewCursor + budget);
      for (let slot = this.reviewCursor; slot < end; slot++) {
        if (this.deps.paths.best[slot] !== 0) this.deps.review(slot);
      }
      this.reviewCursor = end < prefixes.limit ? end : 0;
    }
    return !this.isIdle;
  }

  private contributionOf(slot: number): number {
    const { paths, attributes } = this.deps;
    const path = paths.best[slot];
    if (path === 0) return 0;
    // Its own components count, not the aggregate.
    if (paths.peers[path] === 0 && paths.pathIdOf(path) === LocalSource.Aggregate) return 0;
    const attr = paths.usedAttributes[path];
    const pathFlags = SetFlag.AsSet | SetFlag.ConfederationPath;
    const hasPath = attributes.asPathLength[attr] > 0 || (attributes.flags[attr] & pathFlags) !== 0;
    return 1 + attributes.origin[attr] + (hasPath ? HAS_PATH : 0);
  }

  private findCovering(words: Int32Array, at: number, length: number): number {
    if (this.table.stride === 1) return this.table.find(words[at] & wordMask(length, 0), 0, 0, 0, length);
    return this.table.find(
      words[at] & wordMask(length, 0),
      words[at + 1] & wordMask(length, 1),
      words[at + 2] & wordMask(length, 2),
      words[at + 3] & wordMask(length, 3),
      length,
    );
  }

  private count(entry: Entry, was: number, is: number): void {
    if (was !== 0) {
      entry.origins[(was - 1) & 3]--;
      if (was > HAS_PATH) entry.withPath--;
    }
    if (is !== 0) {
      entry.origins[(is - 1) & 3]++;
      if (is > HAS_PATH) entry.withPath++;
    }
    entry.isDirty = true;
    this.hasDirty = true;
  }

  /** Brings what is originated in line with what contributes. */
  private originate(entry: Entry): void {
    entry.isDirty = false;
    const { attributes, announce, withdraw } = this.deps;
    const { prefix, isSummaryOnly } = entry.aggregate;
    const attr = this.attributesOf(entry);
    const before = entry.attr;
    entry.attr = attr;
    if (attr !== 0) {
      // Also where the set is the same: announcing what is there already changes nothing.
      announce(prefix, attr);
    } else if (before !== 0) withdraw(prefix);
    attributes.release(before);
    if (isSummaryOnly && (attr === 0) !== (before === 0)) this.reviewCursor = 1;
  }

  /** With a reference for the caller; 0 when nothing is to be originated. */
  private attributesOf({ aggregate, origins, withPath }: Entry): AttrSetId {
    const { attributes, family } = this.deps;
    const [igp, egp, incomplete] = origins;
    if (igp + egp + incomplete === 0) return attrSetId(0);
    const block = encodePathAttributes({
      ...emptyAttributes,
      // RFC 4271 §9.2.2.2: INCOMPLETE if one of the routes has it, else EGP if one has it.
      origin: incomplete > 0 ? Origin.Incomplete : egp > 0 ? Origin.Egp : Origin.Igp,
      // RFC 4271 §5.1.6: at least some of the AS numbers of the routes are left out.
      isAtomicAggregate: withPath > 0,
      aggregator: { asn: asn(this.config.asn), address: routerId(this.config.routerId) },
    });
    const set = attributes.intern(block, 0, block.length);
    if (aggregate.policy === undefined) return set;
    const { w0, w1, w2, w3, length } = aggregate.prefix;
    const source = policySource(0, LocalSource.Aggregate);
    const verdict = aggregate.policy.evaluate(family, w0, w1, w2, w3, length, attributes, set, source);
    let made = attrSetId(0);
    if (verdict.isAccepted) {
      made = applyChanges(attributes, set, aggregate.policy.changes[verdict.changesIndex], {
        shownAsn: this.config.asn,
        selfNextHop: undefined,
        peerNextHop: undefined,
        otc: undefined,
        isLocal: true,
      });
    }
    aggregate.policy.forget(set);
    attributes.release(set);
    return made;
  }
}
