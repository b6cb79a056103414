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

const shutdownRow: Row = { changes: { ...noChanges, localPreference: 0 }, context: noContext };
/** Where it always is. */
const SHUTDOWN_ROW = 0;
/** More than this are kept only as long as they are used. */
const MOST_ROWS = 4096;

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

  constructor(attributes: AttributeSets, peers: RibPeers) {
    this.attributes = attributes;
    this.peers = peers;
    this.cache = new ExportCache(attributes);
    this.rows = [];
    this.rowByText = new Map();
    this.byPeer = [];
    this.addRow(shutdownRow);
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
    const isEmpty = this.cache.clear(budget);
    if (isEmpty && this.rows.length > MOST_ROWS) this.forgetRows();
    return isEmpty;
  }

  /** The set to use, 0 when it would be too large. The reference stays here: retain what is kept. */
  apply(peer: PeerIndex, attr: number, policy: Policy | undefined, verdict: Verdict | undefined): number {
    const index = verdict?.changesIndex ?? 0;
    let used = attr;
    if (index !== 0 || this.needsOtc(peer, attr)) used = this.derive(attr, this.rowOf(peer, policy, index));
    // RFC 8326 §4: the sender is about to go; a policy that knows better takes the community away.
    const isGoing = (this.attributes.flags[used] & SetFlag.GracefulShutdown) !== 0;
    return isGoing && peer !== 0 && this.peers.kinds[peer] === KindCode.ebgp ? this.derive(used, SHUTDOWN_ROW) : used;
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
    return (known.rows[index] ??= this.addRow(rowFor(policy?.changes[index] ?? noChanges, known.context)));
  }

  /** Rows of policies and sessions that are gone; nothing refers to any of them now. */
  private forgetRows(): void {
    this.rows.length = 0;
    this.rowByText.clear();
    for (const known of this.byPeer) if (known !== undefined) known.rows = [];
    this.addRow(shutdownRow);
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

/** Of the session only what the changes ask for: peers for which the same holds share the row, and the sets made with it. */
function rowFor(changes: AttributeChanges, context: ImportContext): Row {
  const { nextHop, prepend } = changes;
  return {
    changes,
    context: {
      shownAsn: prepend.includes(0) ? context.shownAsn : 0,
      selfNextHop: nextHop === 'self' ? context.selfNextHop : undefined,
      peerNextHop: nextHop === 'peer' ? context.peerNextHop : undefined,
      otc: context.otc,
    },
  };
}
