// A peer that only listens while others send nonsense: whatever the speaker tells it must be perfect in the eyes of the second decoder,
// and of routes that somebody has announced.

import type { NeighborConfig } from '#bgp/config.ts';
import { neighborConfig } from '#support/speaker-lab.ts';
import type { FarOpen } from '../bgp/whole/octets-out.ts';
import type { OracleSession } from '../oracle/oracle-session.ts';
import { judgeUpdate, type RouteName } from '../oracle/update-oracle.ts';
import { confederationAsn, memberAsn, otherMemberAsn } from './live-peer.ts';

export class Watcher {
  readonly address: string;
  /** What it believes, without path identifiers. */
  readonly routes = new Set<RouteName>();
  updates = 0;
  /** What was wrong with the first bad message. */
  fault: string | undefined;
  private readonly session: OracleSession;
  private readonly ownAsn: number;

  constructor(host: number, kind: OracleSession['kind']) {
    this.address = `10.0.0.${host}`;
    this.ownAsn = { ebgp: 65_099, confederation: otherMemberAsn, ibgp: memberAsn }[kind];
    this.session = {
      kind,
      // The speaker, as this peer sees it.
      peerAsn: kind === 'ebgp' ? confederationAsn : memberAsn,
      hasFourOctetAsn: true,
      families: new Set(['1/1', '2/1']),
      addPath: new Set(),
      hasExtendedNextHop: false,
      enforcesFirstAs: true,
      acceptsAigp: kind !== 'ebgp',
    };
  }

  get config(): NeighborConfig {
    return neighborConfig({
      address: this.address,
      remoteAsn: this.ownAsn,
      isPassive: true,
      offersExtendedMessages: false,
    });
  }

  get said(): FarOpen {
    return {
      asn: this.ownAsn,
      routerId: 0x0a000000 + Number(this.address.split('.')[3]),
      families: ['ipv4-unicast', 'ipv6-unicast'],
      hasFourOctetAsn: true,
      sendsPaths: [],
      takesPaths: [],
      role: undefined,
      restart: undefined,
      longLived: undefined,
    };
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const length = (bytes[at + 16] << 8) | bytes[at + 17];
      if (length < 19 || length > 4096 || at + length > bytes.length) this.fault ??= `a message of ${length} octets`;
      if (this.fault !== undefined) return;
      if (bytes[at + 18] === 2) this.judge(bytes.subarray(at, at + length));
      if (bytes[at + 18] === 3) this.fault ??= `NOTIFICATION ${bytes[at + 19]}/${bytes[at + 20]}`;
      at += length;
    }
  }

  private judge(update: Uint8Array): void {
    this.updates += 1;
    const verdict = judgeUpdate(update, this.session);
    const why = verdict.type === 'reset' ? verdict.why : (verdict.withdrawnBecause ?? verdict.disabled);
    if (why !== undefined) {
      const text = Array.from(update, (octet) => octet.toString(16).padStart(2, '0')).join('');
      this.fault ??= `${why}: ${text}`;
    }
    if (verdict.type === 'reset') return;
    for (const route of verdict.withdrawn) this.routes.delete(route);
    for (const route of verdict.announced) this.routes.add(route);
  }
}
