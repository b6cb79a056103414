// hot: what becomes of a received attribute set before it is used: what the import policy changes, what the session adds
// (RFC 9234 §5), and LOCAL_PREF 0 for routes that are about to go away (RFC 8326 §4). The set as received stays; the one
// that is used is made once per set and way of changing, and shared by the peers for which the same holds.

import type { Policy, Verdict } from '../policy/policy.ts';
import { type AttributeChanges, noChanges } from '../wire/attribute-changes.ts';
import { type AttributeSets, attrSetId, SetFlag } from '../wire/attribute-sets.ts';
import { applyChanges, type ImportContext } from '../wire/export-transform.ts';
import { ExportCache, TOO_LARGE } from './export-cache.ts';
import { KindCode, type RibPeers } from './peers.ts';
import type { PeerIndex } from './types.ts';

interface Row {
  readonly changes: AttributeChanges;
  readonly context: ImportContext;
}

const noContext: ImportContext = {
  shownAsn: 0,
  selfNextHop: undefined,
  peerNextHop: undefined,
  otc: undefined,
};

const shutdownChanges: AttributeChanges = { ...noChanges, localPreference: 0 };

/** What is known of a peer's ways of changing. */
interface PeerRows {
  readonly context: ImportContext;
  policy: Policy | undefined;
  /** Rows by the policy's number of the change; with gaps. */
  rows: (number | undefined)[];
}

export class ImportTransform {
  private readonly attributes: AttributeSets;
  private readonly peers: RibPeers;
  private readonly cache: ExportCache;
  private readonly rows: Row[];
  private readonly rowByText: Map<string, number>;
  private readonly byPeer: (PeerRows | undefined)[];
  private readonly shutdownRow: number;

  constructor(attributes: AttributeSets, peers: RibPeers) {
    this.attributes = attributes;
    this.peers = peers;
    this.cache = new ExportCache(attributes);
    this.rows = [];
    this.rowByText = new Map();
    this.byPeer = [];
    this.shutdownRow = this.addRow({ changes: shutdownChanges, context: noContext });
  }

  get bytes(): number {
    return this.cache.bytes;
  }

  /** True when it is another one than before. */
  setContext(peer: PeerIndex, context: ImportContext): boolean {
    const before = this.byPeer[peer]?.context ?? noContext;
    this.byPeer[peer] = { context, policy: undefined, rows: [] };
    return JSON.stringify(before) !== JSON.stringify(context);
  }

  forgetPeer(peer: PeerIndex): void {
    this.byPeer[peer] = undefined;
  }

  /** Forgets what a burst of routes made it remember; true when nothing is left. */
  clear(budget: number): boolean {
    return this.cache.clear(budget);
  }

  /** The set to use, 0 when it would be too large. The reference stays here: retain what is kept. */
  apply(peer: PeerIndex, attr: number, policy: Policy | undefined, verdict: Verdict | undefined): number {
    const index = verdict?.changesIndex ?? 0;
    let used = attr;
    if (index !== 0 || this.needsOtc(peer, attr)) used = this.derive(attr, this.rowOf(peer, policy, index));
    // RFC 8326 §4: the sender is about to go; a policy that knows better takes the community away.
    const isGoing = (this.attributes.flags[used] & SetFlag.GracefulShutdown) !== 0;
    return isGoing && peer !== 0 && this.peers.kinds[peer] === KindCode.ebgp
      ? this.derive(used, this.shutdownRow)
      : used;
  }

  /** The rank that the policy gives the path here. */
  weightOf(policy: Policy | undefined, verdict: Verdict | undefined): number {
    if (policy === undefined || verdict === undefined || verdict.changesIndex === 0) return 0;
    return policy.changes[verdict.changesIndex].weight ?? 0;
  }

  private needsOtc(peer: PeerIndex, attr: number): boolean {
    return this.byPeer[peer]?.context.otc !== undefined && (this.attributes.flags[attr] & SetFlag.Otc) === 0;
  }

  private derive(attr: number, row: number): number {
    let result = this.cache.find(attr, row, 0);
    if (result === 0) {
      const { changes, context } = this.rows[row];
      const made = applyChanges(this.attributes, attrSetId(attr), changes, context);
      result = made === 0 ? TOO_LARGE : made;
      this.cache.store(attr, row, 0, result);
    }
    return result === TOO_LARGE ? 0 : result;
  }

  private rowOf(peer: PeerIndex, policy: Policy | undefined, index: number): number {
    const known = (this.byPeer[peer] ??= { context: noContext, policy, rows: [] });
    if (known.policy !== policy) {
      known.policy = policy;
      known.rows = [];
    }
    return (known.rows[index] ??= this.addRow({
      changes: policy?.changes[index] ?? noChanges,
      context: known.context,
    }));
  }

  /** Equal ways of changing share a row. */
  private addRow(row: Row): number {
    const text = JSON.stringify(row);
    const known = this.rowByText.get(text);
    if (known !== undefined) return known;
    const index = this.rows.push(row) - 1;
    this.rowByText.set(text, index);
    return index;
  }
}
