// hot: what becomes of a path on its way to the members of an update group: who may have it (export-rules.ts), export policy, outgoing
// attributes, each set made once a burst (export-cache.ts). Answers an outgoing attribute set or 0 for "not sent".

import type { Policy, Verdict } from '../policy/policy.ts';
import { policySource } from '../policy/policy-sources.ts';
import type { AttributeChanges } from '../wire/attribute-changes.ts';
import { type AttrSetId, attrSetId, SetFlag } from '../wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes } from '../wire/attributes.ts';
import { deriveExport, type ExportOptions } from '../wire/export-transform.ts';
import type { RibCore } from './core.ts';
import { ExportCache, TOO_LARGE } from './export-cache.ts';
import { addedOtc, hasOwnNextHop, isWithheld, LOCAL_SOURCE } from './export-rules.ts';
import { nextHopBytes, sharesNextHop } from './group-options.ts';
import { KindCode } from './peers.ts';
import { LocalSource, type UpdateGroupOptions } from './types.ts';

/** Ways in which the outgoing set depends on more than the set in the table and the policy: bits of a row's key. */
const Variant = { Local: 1, Reflected: 2, OwnNextHop: 4, LinkLocal: 8, LongLived: 16, NoPath: 32 } as const;
const VARIANTS = 64;

/** Rows that add a distance; a burst that needs more begins anew, at the price of making again what is in the cache. */
const MOST_DISTANCES = 4096;

/** What an object of options and its key take, about. */
const ROW_BYTES = 256;

/** LOCAL_PREF towards peers that want one, where the route has none (RFC 4271 §5.1.5). */
const DEFAULT_LOCAL_PREFERENCE = 100;

export class Exporter {
  readonly cache: ExportCache;
  private readonly core: RibCore;
  private readonly options: UpdateGroupOptions;
  private readonly policy: Policy;
  private readonly otc: number | undefined;
  private readonly ownNextHop: Uint8Array;
  /** RFC 7311 §3.1: AIGP_SESSION is on within the AS and the confederation, off elsewhere, unless somebody says otherwise. */
  private readonly hasAigp: boolean;
  /** What each row of the cache does, and its number by key; -1 while there is none. */
  private readonly rows: ExportOptions[];
  private readonly rowByKey: number[];
  /** Rows that add a distance to AIGP (RFC 7311 §3.4), by key and distance. */
  private readonly rowByDistance: Map<string, number>;
  private isTooLarge: boolean;
  /** The default route of defaultOriginate: undefined until it is first asked for, then with a reference that is kept. */
  private defaultRoute: AttrSetId | undefined;

  constructor(core: RibCore, options: UpdateGroupOptions) {
    this.cache = new ExportCache(core.attributes);
    this.core = core;
    this.options = options;
    this.policy = options.exportPolicy;
    this.otc = addedOtc(options);
    // Zeros where each member's own is filled in.
    const own = nextHopBytes(options);
    this.ownNextHop = sharesNextHop(options) ? new Uint8Array(own.length) : own;
    this.hasAigp = options.isAigpSession ?? options.kind !== 'ebgp';
    this.rows = [];
    this.rowByKey = [];
    this.rowByDistance = new Map();
    this.isTooLarge = false;
    this.defaultRoute = undefined;
  }

  get bytes(): number {
    return this.cache.bytes + this.rows.length * ROW_BYTES;
  }

  /** The outgoing set of a path. The reference stays here until another one is made: retain what is kept. */
  export(path: number, slot: number): number {
    const { paths, peers, attributes, routes, aggregates } = this.core;
    const { options } = this;
    const attr = paths.usedAttributes[path];
    const peer = paths.peers[path];
    const source = peer === 0 ? LOCAL_SOURCE : peers.kinds[peer];
    const isStale = routes.isLongLivedStale(path);
    if (isWithheld(options, source, peers.clients[peer], attributes.flags[attr], isStale)) return 0;
    // RFC 4271 §9.2.2.2: with summary-only an aggregate stands for what it covers.
    if (aggregates.isSuppressed(slot)) return 0;
    const verdict = this.policy.constantVerdict(this.core.family) ?? this.evaluate(slot, attr, path);
    if (!verdict.isAccepted) return 0;
    const changesIndex = verdict.changesIndex;
    const isReflected = source === KindCode.ibgp && options.kind === 'ibgp';
    let variant = this.nextHopVariant(source, attr, this.policy.changes[changesIndex]);
    if (source === LOCAL_SOURCE) variant |= Variant.Local;
    if (isReflected) variant |= Variant.Reflected;
    if (isStale) variant |= Variant.LongLived;
    if (options.isRouteServerClient && (source === LOCAL_SOURCE || attributes.asPathLength[attr] === 0)) {
      variant |= Variant.NoPath;
    }
    const row = this.rowOf(changesIndex, variant, attr);
    // RFC 4456 §8: ORIGINATOR_ID is the source's router ID, unless the route has one.
    const originator = isReflected && (attributes.flags[attr] & SetFlag.OriginatorId) === 0 ? peers.routerIds[peer] : 0;
    let result = this.cache.find(attr, row, originator);
    if (result === 0) result = this.make(attr, row, originator);
    if (result < TOO_LARGE) return result;
    this.isTooLarge = result === TOO_LARGE;
    return 0;
  }

  /** Whether the route that export() has just answered 0 for is withheld only because no message can carry it. */
  takeTooLarge(): boolean {
    const { isTooLarge } = this;
    this.isTooLarge = false;
    return isTooLarge;
  }

  /** Whether the prefix is the default route and a neighbor's defaultOriginate stands for what the table has. */
  isDefaultRoute(slot: number): boolean {
    return this.options.defaultOriginate !== undefined && this.core.paths.prefixes.lengths[slot] === 0;
  }

  /** The default route that exists for this neighbor alone; its own policy counts, the export policy does not. */
  exportDefaultRoute(): number {
    return (this.defaultRoute ??= this.makeDefaultRoute());
  }

  /** A burst is over: forgets what was made for it, about `budget` of it; true when nothing is left. */
  tidy(budget: number): boolean {
    if (!this.cache.clear(budget)) return false;
    // Distances change for ever, and nothing in the cache names a row any more.
    if (this.rowByDistance.size > 0) {
      this.rowByDistance.clear();
      this.rowByKey.length = 0;
      this.rows.length = 0;
    }
    return true;
  }

  /** Gives back what outlives bursts. */
  close(): void {
    this.core.attributes.release(this.defaultRoute ?? attrSetId(0));
    this.defaultRoute = attrSetId(0);
  }

  private evaluate(slot: number, attr: number, path: number): Verdict {
    const { attributes, family, paths } = this.core;
    const { words, lengths, stride } = paths.prefixes;
    const at = slot * stride;
    const length = lengths[slot];
    const set = attrSetId(attr);
    const source = policySource(paths.peers[path], paths.pathIdOf(path));
    if (stride === 1) return this.policy.evaluate(family, words[at], 0, 0, 0, length, attributes, set, source);
    const w3 = words[at + 3];
    return this.policy.evaluate(family, words[at], words[at + 1], words[at + 2], w3, length, attributes, set, source);
  }

  /** Whose next hop goes out, and how much of it. */
  private nextHopVariant(source: number, attr: number, changes: AttributeChanges): number {
    const { attributes, family, nextHops } = this.core;
    const { options } = this;
    const nextHop = attributes.nextHop[attr];
    // A route that began here has none to keep.
    if (nextHop === 0) return Variant.OwnNextHop;
    const chosen = changes.nextHop;
    // FRR's `set ip next-hop peer-address` in a policy for export means our end of the session too.
    const isOwn = chosen === 'self' || chosen === 'peer' || (chosen !== 'unchanged' && hasOwnNextHop(options, source));
    if (isOwn) return Variant.OwnNextHop;
    const lengthBytes = attributes.nextHops.lengths[nextHop];
    // RFC 8950 §4: a peer that did not say that it takes IPv6 next hops for IPv4 routes gets ours.
    if (family.version === 4 && lengthBytes > 4 && !options.hasExtendedNextHop) return Variant.OwnNextHop;
    // RFC 2545 §3: the link-local address stays where the next hop, the peer and we share a link.
    if (lengthBytes !== 32 || options.linkName === undefined) return 0;
    return nextHops.linkOf(nextHop) === options.linkName ? Variant.LinkLocal : 0;
  }

  private rowOf(changesIndex: number, variant: number, attr: number): number {
    const { attributes, nextHops } = this.core;
    const key = changesIndex * VARIANTS + variant;
    const isAigpAdded = (variant & Variant.OwnNextHop) !== 0 && (attributes.flags[attr] & SetFlag.Aigp) !== 0;
    if (isAigpAdded && this.hasAigp) {
      const distance = nextHops.metric(attributes.nextHop[attr]);
      if (distance > 0) return this.rowWithDistance(key, distance);
    }
    const known = this.rowByKey[key] ?? -1;
    if (known >= 0) return known;
    for (let index = this.rowByKey.length; index < key; index++) this.rowByKey[index] ??= -1;
    const row = this.rows.push(this.makeRow(this.policy, key, 0)) - 1;
    this.rowByKey[key] = row;
    return row;
  }

  /** RFC 7311 §3.4.1: who changes the next hop to itself adds the distance to the old one. */
  private rowWithDistance(key: number, distance: number): number {
    const text = `${key} ${distance}`;
    let row = this.rowByDistance.get(text);
    if (row === undefined) {
      if (this.rowByDistance.size >= MOST_DISTANCES) this.tidy(Number.MAX_SAFE_INTEGER);
      row = this.rows.push(this.makeRow(this.policy, key, distance)) - 1;
      this.rowByDistance.set(text, row);
    }
    return row;
  }

  private makeRow(policy: Policy, key: number, distance: number): ExportOptions {
    const { options } = this;
    const variant = key % VARIANTS;
    const isLocal = (variant & Variant.Local) !== 0;
    return {
      kind: options.kind,
      shownAsn: options.shownAsn,
      // RFC 7947 §2.2.2: a route server stays out of the paths of others; what begins in its AS has none yet (RFC 4271 §5.1.2 b).
      prepend: (variant & Variant.NoPath) === 0 ? options.prepend : [options.shownAsn],
      asOverride: options.asOverride,
      removePrivateAs: options.removePrivateAs,
      keptPrivateAs: options.keptPrivateAs,
      nextHop: (variant & Variant.OwnNextHop) === 0 ? undefined : this.ownNextHop,
      keepsLinkLocal: (variant & Variant.LinkLocal) !== 0,
      // RFC 7947 §2.2.3: a route server passes MULTI_EXIT_DISC on.
      keepsMed: options.isRouteServerClient,
      isLocal,
      defaultLocalPref: DEFAULT_LOCAL_PREFERENCE,
      // The originator is put in for each source: make().
      reflection: (variant & Variant.Reflected) === 0 ? undefined : { originatorId: 0, clusterId: options.clusterId },
      otc: this.otc,
      addsLlgrStale: (variant & Variant.LongLived) !== 0,
      isGracefulShutdown: options.isGracefulShutdown,
      aigp: this.hasAigp ? (distance === 0 ? 'keep' : distance) : 'drop',
      changes: policy.changes[Math.floor(key / VARIANTS)],
    };
  }

  private make(attr: number, row: number, originatorId: number): number {
    const { attributes } = this.core;
    const known = this.rows[row];
    const { reflection } = known;
    const options = reflection === undefined ? known : { ...known, reflection: { ...reflection, originatorId } };
    const made = deriveExport(attributes, attrSetId(attr), options);
    const result = made === 0 ? TOO_LARGE : made;
    this.cache.store(attr, row, originatorId, result);
    return result;
  }

  private makeDefaultRoute(): AttrSetId {
    const { attributes, family } = this.core;
    const policy = this.options.defaultOriginate;
    if (policy === undefined) return attrSetId(0);
    const block = encodePathAttributes(emptyAttributes);
    const set = attributes.intern(block, 0, block.length);
    const verdict = policy.evaluate(family, 0, 0, 0, 0, 0, attributes, set, policySource(0, LocalSource.Network));
    let made = attrSetId(0);
    if (verdict.isAccepted) {
      const key = verdict.changesIndex * VARIANTS + (Variant.Local | Variant.OwnNextHop);
      made = deriveExport(attributes, set, this.makeRow(policy, key, 0));
    }
    policy.forget(set);
    attributes.release(set);
    return made;
  }
}
