// Holds our JSON against FRR's, key by key: same name, same type. Keys that are data (addresses, prefixes) are matched by what both
// have. What FRR prints and we lack must stand in `lacking` with the reason, or in `notConfigured` when the session did not have it.

import { isJson, type Json } from './frr-fixtures.ts';

/** Key path without its data parts → why we do not print it, whatever is configured. */
export const lacking: ReadonlyMap<string, string> = new Map([
  ['lastResetCode', "numbers FRR's own list of reasons, which is not ours"],
  ['bgpTimerLastWrite', 'FRR shows its own uptime for a neighbor that was never written to; we leave the key out then'],
  ['bgpTimerLastRead', 'as bgpTimerLastWrite, for a neighbor never read from'],
  ['bgpInUpdateElapsedTimeMsecs', 'as bgpTimerLastWrite, for a neighbor that never sent an UPDATE'],
  ['bgpTimerConfiguredConditionalAdvertisementsSec', 'no conditional advertisement'],
  ['estimatedRttInMsecs', 'no round trip time is measured'],
  ['readThread', 'no threads a neighbor'],
  ['writeThread', 'no threads a neighbor'],
  ['lastResetTimerMsecs', 'FRR calls its start a reset; we say lastReset never'],
  ['lastResetDueTo', 'FRR calls its start a reset; we say lastReset never'],
  ['advertisedTo', 'FRR sends a route back to the neighbor that it came from, we do not: there is nobody to name'],
  ['metric', 'FRR gives its own routes and the next hops of others a metric of 0; we print what the route carries'],
]);

/** Of a session where one side has not configured it: nothing to print. A session with everything must not need one of these. */
export const notConfigured: ReadonlyMap<string, string> = new Map([
  [
    'extendedMessage',
    'printed when one side announces it (RFC 8654); FRR as our peer does not tell us whether it would',
  ],
  ['addPath', 'printed when a side announces it (RFC 7911); FRR does so unasked, we when addPath is configured'],
  ['rxAdvertised', 'FRR offers to receive several paths unasked; seen from here it is rxReceived'],
  ['longLivedGracefulRestart', 'printed when a side announces it (RFC 9494)'],
  ['longLivedGracefulRestartByPeer', 'printed when the peer announces it (RFC 9494)'],
  ['enhancedRouteRefresh', 'printed when a side announces it (RFC 7313)'],
  ['hostName.advHostName', 'printed when a side announces one; ours is router.hostname'],
  ['hostName.advDomainName', 'printed when a side announces one; ours is router.hostname'],
  ['gracefulRestart', 'printed when a side announces it (RFC 4724)'],
  ['gracefulRestartRemoteTimerMsecs', 'printed when the peer announces graceful restart'],
  ['addressFamiliesByPeer', 'printed when the peer announces graceful restart'],
  ['nextConnectTimerDueInMsecs', 'the view was recorded without the moment of the next attempt'],
  ['inboundPathPolicyConfig', 'printed when a policy is named'],
  ['outboundPathPolicyConfig', 'printed when a policy is named'],
  ['routeMapForIncomingAdvertisements', 'printed when a policy is named'],
  ['routeMapForOutgoingAdvertisements', 'printed when a policy is named'],
  ['lastErrorCodeSubcode', 'printed when a NOTIFICATION ended the last session'],
  ['lastNotificationReason', 'printed when a NOTIFICATION ended the last session'],
  ['lastNotificationHardReset', 'printed when a NOTIFICATION ended the last session'],
  ['aggregatorAs', 'the recorded table does not tell it'],
  ['aggregatorId', 'the recorded table does not tell it'],
  ['atomicAggregate', 'the recorded table does not tell it'],
]);

export const plainReasons: ReadonlyMap<string, string> = new Map([...lacking, ...notConfigured]);

export interface KeyComparison {
  readonly compared: number;
  /** Keys of FRR's that we lack for a reason: path and reason. */
  readonly explained: readonly string[];
  readonly unexplained: readonly string[];
  /** Keys of ours that FRR does not print. */
  readonly ours: readonly string[];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function explain(path: readonly string[], reasons: ReadonlyMap<string, string>): string | undefined {
  return reasons.get(path.slice(-2).join('.')) ?? reasons.get(path.at(-1) ?? '');
}

/** Addresses and prefixes as keys. */
function isDataKey(key: string): boolean {
  return /^[0-9a-f.:]+(\/\d+)?$/i.test(key) && /[.:]/.test(key);
}

export function compareJson(theirs: Json, ours: Json, reasons = plainReasons): KeyComparison {
  const found = {
    reasons,
    compared: 0,
    explained: new Set<string>(),
    unexplained: new Set<string>(),
    ours: new Set<string>(),
  };
  compareObjects(theirs, ours, [], found);
  return {
    compared: found.compared,
    explained: [...found.explained],
    unexplained: [...found.unexplained],
    ours: [...found.ours],
  };
}

interface Findings {
  readonly reasons: ReadonlyMap<string, string>;
  compared: number;
  readonly explained: Set<string>;
  readonly unexplained: Set<string>;
  readonly ours: Set<string>;
}

function compareObjects(theirs: Json, ours: Json, path: readonly string[], found: Findings): void {
  for (const [key, value] of Object.entries(theirs)) {
    const isData = isDataKey(key);
    const here = isData ? path : [...path, key];
    if (!(key in ours)) {
      if (isData) continue;
      const reason = explain(here, found.reasons);
      if (reason === undefined) found.unexplained.add(`${here.join('.')} is missing`);
      else found.explained.add(`${here.join('.')}: ${reason}`);
      continue;
    }
    found.compared++;
    compareValues(value, ours[key], here, found);
  }
  for (const key of Object.keys(ours)) {
    if (!(key in theirs) && !isDataKey(key)) found.ours.add([...path, key].join('.'));
  }
}

function compareValues(theirs: unknown, ours: unknown, path: readonly string[], found: Findings): void {
  if (typeOf(theirs) !== typeOf(ours)) {
    found.unexplained.add(`${path.join('.')} is a ${typeOf(theirs)} at FRR, a ${typeOf(ours)} here`);
    return;
  }
  if (isJson(theirs) && isJson(ours)) compareObjects(theirs, ours, path, found);
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length > 0 && ours.length > 0) {
    for (let index = 0; index < Math.min(theirs.length, ours.length); index++) {
      compareValues(theirs[index], ours[index], [...path.slice(0, -1), `${path.at(-1) ?? ''}[]`], found);
    }
  }
}
