// What a capture is made of: a daemon, its configuration, the peers that it talks to, and what happens while they do.

import { fromHex, message } from '../../bgp/wire/bytes.ts';
import type { GoldenReading } from '../golden-words.ts';
import type { DaemonName } from './daemons.ts';
import type { PeerScript } from './recording-peer.ts';

/** Where the daemon is, and its router ID; the peers are in the same networks. */
export const daemonAddress = '10.91.0.2';
export const daemonAddress6 = '2001:db8:91::2';

export interface ScenarioPeer extends PeerScript {
  readonly reading: GoldenReading;
}

/** A command of the daemon's tool, or one of ours. */
export type Step =
  | { readonly run: readonly string[] }
  | { readonly waitMs: number }
  | { readonly send: Uint8Array; readonly from: string }
  /** The connection to the peer ends, and comes again. */
  | { readonly drop: string };

export interface Scenario {
  readonly name: string;
  readonly daemon: DaemonName;
  readonly what: string;
  readonly config: string;
  /** Further words of the command line. */
  readonly words?: string;
  readonly peers: readonly ScenarioPeer[];
  /** After all sessions stand, or after `startMs` when they never will. */
  readonly steps?: readonly Step[];
  readonly startMs?: number;
  /** Message types that are kept; all but KEEPALIVE when absent. */
  readonly keeps?: readonly number[];
}

export const types = { open: 1, update: 2, notification: 3, refresh: 5 } as const;

const words = (number: number): string => number.toString(16).padStart(8, '0');

/** Capabilities of our OPENs, as hexadecimal digits. */
export const offers = {
  ipv4: '010400010001',
  ipv6: '010400020001',
  refresh: '0200',
  fourOctetAsn: (asn: number): string => `4104${words(asn)}`,
  /** Send and receive, both families. */
  addPath: '45080001010300020103',
  enhancedRefresh: '4600',
  extendedNextHop: '0506000100010002',
  /** N, 120 s, both families. */
  gracefulRestart: '400a40780001010000020100',
  longLived: '470e0001010000007800020100000078',
  role: (role: number): string => `0901${role.toString(16).padStart(2, '0')}`,
} as const;

/** Both families, 4-octet numbers and refreshes. */
export const usual = (asn: number): string => offers.ipv4 + offers.ipv6 + offers.refresh + offers.fourOctetAsn(asn);

/** ROUTE-REFRESH of IPv4 unicast. */
export const refreshRequest: Uint8Array = message(5, fromHex('0001 00 01'));
