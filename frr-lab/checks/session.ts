// One shape for the state of a session, and who can read it from FRR and from Waggle, which print the same JSON.
import { asRecord, at, readNumber, readString } from '../json.ts';
import type { LabPaths } from '../paths.ts';
import { getJsonFromWaggle, readJsonFrom } from './lab-reader.ts';

export type FamilyKey = 'ipv4Unicast' | 'ipv6Unicast';

export type SessionView = {
  readonly state: string;
  readonly localAs: number | undefined;
  readonly remoteAs: number | undefined;
  readonly pfxRcd: number | undefined;
  readonly pfxSnt: number | undefined;
  /** Waggle's own key: received before import policy. */
  readonly pfxRcdPrePolicy: number | undefined;
  readonly connectionsEstablished: number | undefined;
  readonly peerUptimeMsec: number | undefined;
};

/** A peer in what `show bgp summary json` prints; undefined if it is not listed under that family. */
export function findSession(summary: unknown, family: FamilyKey, peer: string): SessionView | undefined {
  const table = at(summary, family);
  const found = at(table, 'peers', peer);
  if (Object.keys(asRecord(found)).length === 0) return undefined;
  return {
    state: readString(found, 'state') ?? 'unknown',
    localAs: readNumber(found, 'localAs') ?? readNumber(table, 'as'),
    remoteAs: readNumber(found, 'remoteAs'),
    pfxRcd: readNumber(found, 'pfxRcd'),
    pfxSnt: readNumber(found, 'pfxSnt'),
    pfxRcdPrePolicy: readNumber(found, 'pfxRcdPrePolicy'),
    connectionsEstablished: readNumber(found, 'connectionsEstablished'),
    peerUptimeMsec: readNumber(found, 'peerUptimeMsec'),
  };
}

export async function readFrrSummary(lab: LabPaths, node: string): Promise<unknown> {
  return await readJsonFrom(lab, node, ['vtysh', '-c', 'show bgp summary json']);
}

export async function readWaggleSummary(lab: LabPaths, node: string): Promise<unknown> {
  return await getJsonFromWaggle(lab, node, '/show/bgp/summary');
}
