// Which policy statement decided about a prefix, for every neighbor and direction: policies are evaluated again on the routes as
// they are now, so that nothing has to be remembered for each route. What is not a matter of policy (loops, limits, split
// horizon) is not told here.

import type { PolicyRef } from './config.ts';
import type { Family } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';
import { Prefix } from './net/prefix.ts';
import type { Peer } from './peer.ts';
import type { Policy } from './policy/policy.ts';
import { policySource } from './policy/policy-sources.ts';
import type { RouteCursor } from './route-cursor.ts';
import type { Tables } from './tables.ts';
import { attributesOfRow, type PolicyDecisionView, type RouteBatch, type RouteQuery } from './views.ts';

export interface ExplainDeps {
  readonly tables: Tables;
  readonly peers: readonly Peer[];
  readonly policyOf: (ref: PolicyRef, kind: PeerKind) => Policy;
  /** Throws QueryError. */
  readonly openRoutes: (query: RouteQuery) => RouteCursor;
}

/** `query` names one prefix, or an address for its longest match. */
export function explain(
  query: RouteQuery & { readonly table: 'loc-rib' },
  family: Family,
  deps: ExplainDeps,
): readonly PolicyDecisionView[] {
  const { instance, prefix } = query;
  const base = { instance, family: family.name, ...(prefix === undefined ? {} : { prefix }) };
  const decisions: PolicyDecisionView[] = [];
  for (const peer of deps.peers) {
    const rib = deps.tables.ribs[family.index];
    if (rib.received(peer.index) === 0) continue;
    const neighbor = peer.neighbor.address;
    readRows(deps.openRoutes({ ...base, table: 'received', neighbor }), family, (found, batch, row) => {
      const pathId = batch.pathIds[row];
      const decision = rib.explainImport(peer.index, pathId, found);
      if (decision === undefined) return;
      const { policy, statementName: statement, isAccepted } = decision;
      decisions.push({
        neighbor,
        direction: 'import',
        source: undefined,
        prefix: found.toString(),
        pathId,
        policy,
        statement,
        isAccepted,
      });
    });
  }
  readRows(deps.openRoutes(query), family, (found, batch, row) => {
    decisions.push(...explainExport(found, batch, row, family, deps));
  });
  return decisions;
}

/** What is said of one path on its way to those neighbors that may get it: the best one, with add-path the best few (RFC 7911). */
function explainExport(
  prefix: Prefix,
  batch: RouteBatch,
  row: number,
  family: Family,
  { peers, policyOf, tables }: ExplainDeps,
): readonly PolicyDecisionView[] {
  const { attributes } = tables;
  const rib = tables.ribs[family.index];
  const pathId = batch.pathIds[row];
  const from = batch.peers[row];
  const source = peers.find(({ index }) => index === from)?.neighbor.address;
  const block = attributesOfRow(batch, row);
  const attr = attributes.intern(block, 0, block.length);
  const { w0, w1, w2, w3, length } = prefix;
  const decisions = peers.flatMap((peer): PolicyDecisionView[] => {
    const ref = peer.exportPolicyOf(family);
    // A route does not go back to the member that it came from.
    if (ref === undefined || peer.index === from || !rib.isOffered(peer.index, prefix, from, pathId)) return [];
    const policy = policyOf(ref.policy, ref.kind);
    const verdict = policy.evaluate(family, w0, w1, w2, w3, length, attributes, attr, policySource(from, pathId));
    const { policy: name, statementName: statement, isAccepted } = policy.describe(verdict);
    // The group may evaluate another policy that is written alike: this one hears of no set that is freed.
    policy.forget(attr);
    const neighbor = peer.neighbor.address;
    const text = prefix.toString();
    return [{ neighbor, direction: 'export', source, prefix: text, pathId, policy: name, statement, isAccepted }];
  });
  attributes.release(attr);
  return decisions;
}

function readRows(
  cursor: RouteCursor,
  family: Family,
  read: (prefix: Prefix, batch: RouteBatch, row: number) => void,
): void {
  const { words } = family;
  while (!cursor.isDone) {
    const batch = cursor.next();
    if (batch === undefined) continue;
    for (let row = 0; row < batch.count; row++) {
      const word = (index: number): number => (index < words ? batch.prefixWords[row * words + index] : 0);
      const prefix = new Prefix(family.version, batch.prefixLengths[row], word(0), word(1), word(2), word(3));
      read(prefix, batch, row);
    }
  }
  cursor.close();
}
