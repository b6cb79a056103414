// One neighbor of a peering policy → its configuration and its export policy, or why not.
// A neighbor is configured as written or not at all: half of what was asked for is no answer.

import type { GracefulRestartConfig, NeighborConfig, PolicyConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import { isLinkLocal, parseAddress } from '#bgp/net/address.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type { Labels } from '../kubernetes/label-selector.ts';
import type { FieldPath } from '../yaml/document.ts';
import { buildStatements } from './export-statements.ts';
import type { ProblemList, ProblemReason } from './object-problem.ts';
import type { PolicyNeighbor } from './peering-policy-types.ts';
import type { PasswordSource } from './secrets.ts';

export interface BuiltNeighbor {
  readonly config: NeighborConfig;
  readonly exportPolicy: PolicyConfig;
}

/** What the neighbors of one virtual router have in common. */
export interface RouterFacts {
  readonly policyName: string;
  readonly localAsn: number;
  readonly podCidrs: readonly string[];
  readonly nodeLabels: Labels;
  readonly secrets: PasswordSource;
}

/** The address of a host prefix such as `192.0.2.1/32`, in canonical text. */
export function readPeerAddress(text: string): string | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined || prefix.length !== (prefix.version === 4 ? 32 : 128)) return undefined;
  // Nobody is at 0.0.0.0 or ::, and a session has one peer, not a group (224.0.0.0/4, ff00::/8).
  const isUnspecified = (prefix.w0 | prefix.w1 | prefix.w2 | prefix.w3) === 0;
  const isMulticast = prefix.version === 4 ? prefix.w0 >>> 28 === 14 : prefix.w0 >>> 24 === 255;
  if (isUnspecified || isMulticast) return undefined;
  const canonical = prefix.toString();
  return canonical.slice(0, canonical.indexOf('/'));
}

/** undefined when something of it cannot be done; `problems` then says what. */
export function buildNeighbor(
  neighbor: PolicyNeighbor,
  router: RouterFacts,
  report: { readonly problems: ProblemList; readonly object: string; readonly path: FieldPath },
): BuiltNeighbor | undefined {
  const before = report.problems.count;
  const refuse = (reason: ProblemReason, path: FieldPath, value: unknown, message: string): void => {
    report.problems.add(reason, report.object, [...report.path, ...path], value, message);
  };
  const address = readPeerAddress(neighbor.peerAddress);
  if (address === undefined) {
    const message = 'expected one address as a host prefix: 192.0.2.1/32 or 2001:db8::1/128';
    refuse('invalid', ['peerAddress'], neighbor.peerAddress, message);
  }
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (parsed !== undefined && isLinkLocal(parsed)) {
    const message = 'link-local neighbors are not supported yet: the field has no room for the interface';
    refuse('unsupported', ['peerAddress'], neighbor.peerAddress, message);
  }
  if (neighbor.authSecretRef === '') {
    refuse(
      'invalid',
      ['authSecretRef'],
      '',
      'expected the name of a Secret; leave it out for a session without password',
    );
  }
  if (neighbor.keepAliveTimeSeconds > neighbor.holdTimeSeconds) {
    const message = `expected at most holdTimeSeconds, which is ${neighbor.holdTimeSeconds}`;
    refuse('invalid', ['keepAliveTimeSeconds'], neighbor.keepAliveTimeSeconds, message);
  }
  const families = readFamilies(neighbor, refuse);
  const attributes = neighbor.advertisedPathAttributes ?? [];
  const statements = buildStatements(attributes, router.podCidrs, router.nodeLabels, report);
  if (report.problems.count > before || address === undefined) return undefined;
  const exportPolicy: PolicyConfig = {
    name: `${router.policyName}-${router.localAsn}-${address}-export`,
    statements,
    otherwise: 'reject',
  };
  const isIbgp = neighbor.peerASN === router.localAsn;
  const auth = neighbor.authSecretRef === undefined ? {} : router.secrets.passwordOf(neighbor.authSecretRef);
  // Where Cilium goes on without a password, nothing is sent: whoever asked for one does not want an open session.
  if ('heldDownReason' in auth) {
    refuse(
      'secret',
      ['authSecretRef'],
      neighbor.authSecretRef,
      `${String(auth.heldDownReason)}: the session stays down`,
    );
  }
  const { gracefulRestart } = neighbor;
  const config: NeighborConfig = {
    address,
    port: neighbor.peerPort,
    remoteAsn: neighbor.peerASN === 0 ? 'any' : neighbor.peerASN,
    description: undefined,
    isPassive: false,
    families,
    // Cilium's `allow-local`: what peers send is kept and shown, and never used.
    importPolicy: 'reject',
    exportPolicy: { policy: exportPolicy.name },
    isNextHopSelf: true,
    // The field's name says it: it means nothing towards iBGP peers.
    ttl: isIbgp ? undefined : neighbor.eBGPMultihopTTL,
    sourceAddress: undefined,
    isShutdown: false,
    ...auth,
    ...(gracefulRestart?.enabled === true ? { gracefulRestart: readGracefulRestart(gracefulRestart) } : {}),
    timers: {
      connectRetrySec: neighbor.connectRetryTimeSeconds,
      holdTimeSec: neighbor.holdTimeSeconds,
      keepaliveSec: neighbor.keepAliveTimeSeconds,
    },
  };
  return { config, exportPolicy };
}

/** As Cilium offers it (with the N bit of RFC 8538); what is off is neither offered nor helped with. */
function readGracefulRestart({ restartTimeSeconds }: { readonly restartTimeSeconds: number }): GracefulRestartConfig {
  return { mode: 'full', restartTimeSec: restartTimeSeconds, stalePathSec: 360, hasNotification: true };
}

function readFamilies(
  neighbor: PolicyNeighbor,
  refuse: (reason: ProblemReason, path: FieldPath, value: unknown, message: string) => void,
): FamilyName[] {
  // Cilium negotiates both when none are named.
  if (neighbor.families === undefined || neighbor.families.length === 0) return ['ipv4-unicast', 'ipv6-unicast'];
  const names = new Set<FamilyName>();
  for (const [index, { afi, safi }] of neighbor.families.entries()) {
    if (safi === 'unicast' && afi === 'ipv4') names.add('ipv4-unicast');
    else if (safi === 'unicast' && afi === 'ipv6') names.add('ipv6-unicast');
    else {
      const message = 'not supported yet; expected ipv4 or ipv6, unicast';
      refuse('unsupported', ['families', index], `${afi} ${safi}`, message);
    }
  }
  // In one order, so that writing them in another is no change.
  return [...names].toSorted();
}
