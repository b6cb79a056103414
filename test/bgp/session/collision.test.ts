// The verdict for each state of the other connection, both orders of identifiers, equal ones, and that both sides agree.

import test from 'ava';
import { asn } from '#bgp/net/asn.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { type CollisionVerdict, decideCollision, type Speakers } from '#bgp/session/collision.ts';
import type { SessionState } from '#bgp/session/state.ts';

function speakers(localId: number, remoteId: number, localAsn = 65001, remoteAsn = 65002): Speakers {
  return {
    localRouterId: routerId(localId),
    remoteRouterId: routerId(remoteId),
    localAsn: asn(localAsn),
    remoteAsn: asn(remoteAsn),
  };
}

const localHigher = speakers(0xc000_0202, 0xc000_0201);
const remoteHigher = speakers(0xc000_0201, 0xc000_0202);

/** State of the existing connection; then the verdict when ours is fresh, and when the peer's is. */
const cases: readonly (readonly [string, Speakers, SessionState, CollisionVerdict, CollisionVerdict])[] = [
  ['our identifier is higher', localHigher, 'Idle', 'keep-both', 'keep-both'],
  ['our identifier is higher', localHigher, 'Connect', 'keep-both', 'keep-both'],
  ['our identifier is higher', localHigher, 'Active', 'keep-both', 'keep-both'],
  ['our identifier is higher', localHigher, 'OpenSent', 'keep-both', 'keep-both'],
  ['our identifier is higher', localHigher, 'OpenConfirm', 'close-existing', 'close-fresh'],
  ['our identifier is higher', localHigher, 'Established', 'close-fresh', 'close-fresh'],
  ['the peer’s identifier is higher', remoteHigher, 'Idle', 'keep-both', 'keep-both'],
  ['the peer’s identifier is higher', remoteHigher, 'Connect', 'keep-both', 'keep-both'],
  ['the peer’s identifier is higher', remoteHigher, 'Active', 'keep-both', 'keep-both'],
  ['the peer’s identifier is higher', remoteHigher, 'OpenSent', 'keep-both', 'keep-both'],
  ['the peer’s identifier is higher', remoteHigher, 'OpenConfirm', 'close-fresh', 'close-existing'],
  ['the peer’s identifier is higher', remoteHigher, 'Established', 'close-fresh', 'close-fresh'],
  ['equal identifiers, our AS larger', speakers(9, 9, 65002, 65001), 'OpenConfirm', 'close-existing', 'close-fresh'],
  ['equal identifiers, our AS smaller', speakers(9, 9, 65001, 65002), 'OpenConfirm', 'close-fresh', 'close-existing'],
  [
    'equal identifiers, AS above 2^31',
    speakers(9, 9, 4_200_000_000, 1),
    'OpenConfirm',
    'close-existing',
    'close-fresh',
  ],
  ['identifiers compare unsigned', speakers(0xdf00_0001, 0x0a00_0001), 'OpenConfirm', 'close-existing', 'close-fresh'],
];

for (const [name, who, state, whenOursIsFresh, whenTheirsIsFresh] of cases) {
  test(`${name}, the other connection in ${state} (RFC 4271 §6.8, RFC 6286 §2.3)`, (t) => {
    t.is(decideCollision(who, true, { state, isInitiatedHere: false, mayBeReplaced: false }), whenOursIsFresh);
    t.is(decideCollision(who, false, { state, isInitiatedHere: true, mayBeReplaced: false }), whenTheirsIsFresh);
  });
}

test('both sides come to the same verdict about the same two connections', (t) => {
  for (const [, who] of cases) {
    const mirrored: Speakers = {
      localRouterId: who.remoteRouterId,
      remoteRouterId: who.localRouterId,
      localAsn: who.remoteAsn,
      remoteAsn: who.localAsn,
    };
    // Connection X was opened by "here", Y by "there"; Y's OPEN comes last at here, X's comes last at there.
    const here = decideCollision(who, false, { state: 'OpenConfirm', isInitiatedHere: true, mayBeReplaced: false });
    const there = decideCollision(mirrored, false, {
      state: 'OpenConfirm',
      isInitiatedHere: true,
      mayBeReplaced: false,
    });
    const keptHere = here === 'close-existing' ? 'Y' : 'X';
    const keptThere = there === 'close-existing' ? 'X' : 'Y';
    t.is(keptHere, keptThere);
  }
});

test('of two connections from the same side the one that is further along stays', (t) => {
  for (const side of [true, false]) {
    t.is(
      decideCollision(localHigher, side, { state: 'OpenConfirm', isInitiatedHere: side, mayBeReplaced: false }),
      'close-fresh',
    );
    t.is(
      decideCollision(remoteHigher, side, { state: 'OpenConfirm', isInitiatedHere: side, mayBeReplaced: false }),
      'close-fresh',
    );
  }
});
