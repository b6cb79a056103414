// UPDATEs for the tests of the reader: complete sets of attributes with one of them replaced, and what a message led to.

import type { PeerKind } from '#bgp/net/peer-kind.ts';
import type { UpdateReader } from '#bgp/wire/update-reader.ts';
import { asPath, fromHex, localPref, nextHop, notificationOf, origin, readUpdate } from './bytes.ts';

export type Kind = PeerKind;
export const kinds: readonly Kind[] = ['ebgp', 'confederation', 'ibgp'];

/** AS_CONFED_SEQUENCE 65001, AS_SEQUENCE 65002: what a peer in member AS 65001 sends (RFC 5065 §4). */
const confederationPath: Uint8Array = fromHex('40 02 0c 03 01 0000fde9 02 01 0000fdea');

/** The mandatory attributes by code, so that a case can replace or remove one. */
export function mandatory(kind: Kind): Map<number, Uint8Array> {
  const map = new Map([
    [1, origin],
    [2, kind === 'confederation' ? confederationPath : asPath],
    [3, nextHop],
  ]);
  if (kind === 'ibgp') map.set(5, localPref);
  return map;
}

/** The mandatory attributes with `replaced` in the place of those of the same code, in ascending order. */
export function attributesWith(kind: Kind, ...replaced: readonly Uint8Array[]): Uint8Array[] {
  const map = mandatory(kind);
  for (const one of replaced) map.set(one[1], one);
  return [...map.entries()].toSorted((a, b) => a[0] - b[0]).map(([, bytes]) => bytes);
}

export function attributesWithout(kind: Kind, code: number): Uint8Array[] {
  const map = mandatory(kind);
  map.delete(code);
  return [...map.values()];
}

/** `kept`, `discard CODE`, `withdraw CODE`, `disable AFI/SAFI` or `reset C/S`. */
export function outcomeOf(reader: UpdateReader, bytes: Uint8Array): string {
  const notification = notificationOf(() => readUpdate(reader, bytes));
  if (notification !== 'none') return `reset ${notification}`;
  if (reader.newlyDisabled !== undefined) return `disable ${reader.newlyDisabled.afi}/${reader.newlyDisabled.safi}`;
  if (reader.isTreatAsWithdraw) return `withdraw ${reader.faultCode}`;
  return reader.discarded.length === 0 ? 'kept' : `discard ${reader.discarded.map(({ code }) => code).join(',')}`;
}
