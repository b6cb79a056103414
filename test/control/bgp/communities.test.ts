// Communities as manifests write them: RFC 1997, RFC 8092, IANA's well-known values.

import test from 'ava';
import { parseLargeCommunity, parseStandardCommunity, wellKnownCommunities } from '#control/bgp/communities.ts';

const standard: readonly (readonly [string, number | undefined])[] = [
  ['0', 0],
  ['4294967295', 0xffff_ffff],
  ['4294967296', undefined],
  ['0:0', 0],
  ['65000:100', 65000 * 65536 + 100],
  ['65535:65535', 0xffff_ffff],
  ['65536:0', undefined],
  ['0:65536', undefined],
  ['1:2:3', undefined],
  ['', undefined],
  [':', undefined],
  ['1:', undefined],
  [' 1:2', undefined],
  ['-1', undefined],
  ['+1', undefined],
  ['01', undefined],
  ['0x10', undefined],
  ['1e3', undefined],
  ['no-export', undefined],
];

for (const [text, value] of standard) {
  test(`standard community "${text}" is ${value ?? 'refused'}`, (t) => t.is(parseStandardCommunity(text), value));
}

const large: readonly (readonly [string, readonly [number, number, number] | undefined])[] = [
  ['0:0:0', [0, 0, 0]],
  ['65000:1:2', [65000, 1, 2]],
  ['4294967295:4294967295:4294967295', [0xffff_ffff, 0xffff_ffff, 0xffff_ffff]],
  ['4294967296:0:0', undefined],
  ['1:2', undefined],
  ['1:2:3:4', undefined],
  ['1::3', undefined],
  ['1:2:03', undefined],
];

for (const [text, value] of large) {
  test(`large community "${text}" is ${value?.join(':') ?? 'refused'}`, (t) => {
    t.deepEqual(parseLargeCommunity(text), value);
  });
}

test('the well-known communities have the values of the IANA registry', (t) => {
  const written = Object.entries(wellKnownCommunities).map(
    ([name, value]) => `${name} ${Math.floor(value / 65536)}:${value % 65536}`,
  );
  t.deepEqual(written, [
    'internet 0:0',
    'planned-shut 65535:0',
    'accept-own 65535:1',
    'route-filter-translated-v4 65535:2',
    'route-filter-v4 65535:3',
    'route-filter-translated-v6 65535:4',
    'route-filter-v6 65535:5',
    'llgr-stale 65535:6',
    'no-llgr 65535:7',
    'blackhole 65535:666',
    'no-export 65535:65281',
    'no-advertise 65535:65282',
    'no-export-subconfed 65535:65283',
    'no-peer 65535:65284',
  ]);
});
