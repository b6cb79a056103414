// One peer of a speaker under fuzz: what it is to the speaker, the OPEN that it sends, and the routes that the oracle says it has
// announced. It talks to the speaker's methods directly; there is no network in between.

import type { NeighborConfig } from '#bgp/config.ts';
import type { ConnectionInfo } from '#bgp/ports.ts';
import { neighborConfig } from '#support/speaker-lab.ts';
import type { OracleSession } from '../oracle/oracle-session.ts';

export interface LivePeerOptions {
  readonly name: string;
  readonly address: string;
  readonly session: OracleSession;
}

export const memberAsn = 64_512;
export const confederationAsn = 65_000;
export const otherMemberAsn = 64_513;
const externalAsn = 65_001;

const bothFamilies: ReadonlySet<string> = new Set(['1/1', '2/1']);
const none: ReadonlySet<string> = new Set();

function session(overrides: Partial<OracleSession> & Pick<OracleSession, 'kind'>): OracleSession {
  const peerAsn = { ebgp: externalAsn, confederation: otherMemberAsn, ibgp: memberAsn }[overrides.kind];
  return {
    peerAsn,
    hasFourOctetAsn: true,
    families: bothFamilies,
    addPath: none,
    hasExtendedNextHop: false,
    enforcesFirstAs: true,
    acceptsAigp: overrides.kind !== 'ebgp',
    ...overrides,
  };
}

/** Every kind of peer, with the options that change how an UPDATE is read. */
export const livePeers: readonly LivePeerOptions[] = [
  { name: 'external', address: '10.0.0.1', session: session({ kind: 'ebgp' }) },
  { name: 'external, two octets', address: '10.0.0.2', session: session({ kind: 'ebgp', hasFourOctetAsn: false }) },
  { name: 'external, add-path', address: '10.0.0.3', session: session({ kind: 'ebgp', addPath: bothFamilies }) },
  {
    name: 'external, IPv4 only, any first AS',
    address: '10.0.0.4',
    session: session({ kind: 'ebgp', families: new Set(['1/1']), enforcesFirstAs: false }),
  },
  { name: 'internal', address: '10.0.0.5', session: session({ kind: 'ibgp' }) },
  {
    name: 'internal, extended next hop, add-path for IPv4',
    address: '10.0.0.6',
    session: session({ kind: 'ibgp', hasExtendedNextHop: true, addPath: new Set(['1/1']) }),
  },
  { name: 'other member', address: '10.0.0.7', session: session({ kind: 'confederation' }) },
];

export function configOf({ address, session: given }: LivePeerOptions): NeighborConfig {
  const families = [...given.families].map((family) => (family === '1/1' ? 'ipv4-unicast' : 'ipv6-unicast'));
  const familyOptions = Object.fromEntries(
    [...given.addPath].map((family) => [family === '1/1' ? 'ipv4-unicast' : 'ipv6-unicast', { receivesAddPath: true }]),
  );
  return neighborConfig({
    address,
    remoteAsn: given.peerAsn,
    isPassive: true,
    families: families.map((family) => (family === 'ipv4-unicast' ? 'ipv4-unicast' : 'ipv6-unicast')),
    familyOptions,
    dampsPeerOscillations: false,
    offersExtendedMessages: false,
    offersExtendedNextHop: given.hasExtendedNextHop,
    enforcesFirstAs: given.enforcesFirstAs,
    exportPolicy: 'reject',
  });
}

export function connectionInfo({ address }: LivePeerOptions): ConnectionInfo {
  return {
    localAddress: '10.0.0.254',
    localPort: 179,
    remoteAddress: address,
    remotePort: 50_000,
    interfaceName: 'fuzz0',
    interfaceIpv4: '10.0.0.254',
    interfaceIpv6Global: '2001:db8::254',
    interfaceIpv6LinkLocal: undefined,
    isDirectlyConnected: true,
  };
}

/** OPEN with a hold time of 0, so that the clock may stand still, then KEEPALIVE. */
export function greetings({ address, session: given }: LivePeerOptions): Uint8Array {
  const capabilities: number[] = [2, 0];
  for (const family of given.families) capabilities.push(1, 4, 0, family === '1/1' ? 1 : 2, 0, 1);
  if (given.hasFourOctetAsn) capabilities.push(65, 4, ...word32(given.peerAsn));
  if (given.addPath.size > 0) {
    capabilities.push(69, 4 * given.addPath.size);
    // We send several paths, and take one.
    for (const family of given.addPath) capabilities.push(0, family === '1/1' ? 1 : 2, 1, 2);
  }
  if (given.hasExtendedNextHop) capabilities.push(5, 6, 0, 1, 0, 1, 0, 2);
  const octets = address.split('.').map(Number);
  const body = [4, given.peerAsn >> 8, given.peerAsn & 255, 0, 0, ...octets];
  const open = message(1, [...body, capabilities.length + 2, 2, capabilities.length, ...capabilities]);
  return Uint8Array.from([...open, ...message(4, [])]);
}

export function message(type: number, body: readonly number[]): Uint8Array {
  const length = 19 + body.length;
  return Uint8Array.from([...Array.from({ length: 16 }, () => 255), length >> 8, length & 255, type, ...body]);
}

function word32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
