// What a configuration may say: every fault names its field, its value and what would be right, and nothing is touched; what is
// right compiles.

import test from 'ava';
import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
import { compileConfiguration } from '#bgp/configuration.ts';
import { noSources } from '#bgp/policy/policy-sources.ts';
import { neighborConfig, networks, speakerConfig } from '#support/speaker-lab.ts';

const PEER = '192.0.2.2';

const compile = (config: Partial<SpeakerConfig>): unknown =>
  compileConfiguration(speakerConfig({ asn: 65001, routerId: '192.0.2.1', ...config }), undefined, noSources);

const withNeighbor = (neighbor: Partial<NeighborConfig>): Partial<SpeakerConfig> => ({
  neighbors: [neighborConfig({ address: PEER, ...neighbor })],
});

const { address: _, ...template } = neighborConfig({ address: '' });

const confederated: Partial<SpeakerConfig> = { confederation: { identifier: 100, members: [65002] } };

const wrongNeighbors: readonly (readonly [Partial<NeighborConfig>, RegExp])[] = [
  [{ port: 0 }, /neighbors\[192\.0\.2\.2\]\.port: 0: expected 1\.\.65535/],
  [{ remoteAsn: 0 }, /remoteAsn: 0: expected 1\.\.4294967295/],
  [{ families: [] }, /families: \[\]: expected at least one family/],
  [{ importPolicy: { policy: 'missing' } }, /importPolicy: "missing": expected the name of a policy/],
  [{ ttl: 0 }, /ttl: 0: expected 1\.\.255/],
  [{ gtsmHops: 255 }, /gtsmHops: 255: expected 1\.\.254/],
  [{ gtsmHops: 2, ttl: 5 }, /ttl: 5: expected none beside gtsmHops/],
  [{ sourceAddress: 'eth0' }, /sourceAddress: "eth0": expected an IP address/],
  [{ interfaceName: 'a name of sixteen' }, /interfaceName: .*: expected the name of an interface/],
  [{ password: '' }, /password: "\(0 octets\)": expected 1 to 80 octets/],
  [{ password: 'ü'.repeat(41) }, /password: "\(82 octets\)": expected 1 to 80 octets/],
  [{ shutdownMessage: 'ü'.repeat(128) }, /shutdownMessage: .*: expected at most 255 octets/],
  [{ timers: { connectRetrySec: 0, holdTimeSec: 90, keepaliveSec: 30 } }, /connectRetrySec: 0: expected 1\.\.65535/],
  [{ timers: { connectRetrySec: 5, holdTimeSec: 2, keepaliveSec: 1 } }, /holdTimeSec: 2: expected 0 or 3\.\.65535/],
  [
    { timers: { connectRetrySec: 5, holdTimeSec: 90, keepaliveSec: 30, sendHoldSec: 90 } },
    /sendHoldSec: 90: expected 0 or more than the hold time, 91\.\.65535/,
  ],
  [{ remoteAsn: 65001, role: 'peer' }, /role: "peer": expected none: roles are for eBGP/],
  [{ isRoleStrict: true }, /isRoleStrict: true: expected false without a role/],
  [{ isRouteReflectorClient: true }, /isRouteReflectorClient: true: expected false: clients .* iBGP/],
  [{ remoteAsn: 'internal', isRouteServerClient: true }, /isRouteServerClient: true: expected false: clients .* eBGP/],
  [{ remoteAsn: 'internal', isAsOverride: true }, /isAsOverride: true: expected false/],
  [{ remoteAsn: 'internal', removePrivateAs: 'remove' }, /removePrivateAs: "remove": expected none/],
  [
    { remoteAsn: 'internal', localAs: { asn: 65009, isNoPrepend: false, isReplaceAs: false } },
    /localAs: 65009: expected none/,
  ],
  [{ localAs: { asn: 65001, isNoPrepend: false, isReplaceAs: false } }, /localAs\.asn: 65001: expected another number/],
  [{ localAs: { asn: 65009, isNoPrepend: false, isReplaceAs: true } }, /isReplaceAs: true: expected isNoPrepend/],
  [{ allowAsIn: 11 }, /allowAsIn: 11: expected 0\.\.10/],
  [
    { gracefulRestart: { ...defaultGracefulRestart, restartTimeSec: 4096 } },
    /restartTimeSec: 4096: expected 1\.\.4095/,
  ],
  [{ longLivedStaleSec: 60 }, /longLivedStaleSec: 60: expected none without gracefulRestart/],
  [
    { gracefulRestart: defaultGracefulRestart, longLivedStaleSec: 0x100_0000 },
    /longLivedStaleSec: 16777216: expected 0\.\.16777215/,
  ],
  [
    { families: ['ipv4-unicast'], familyOptions: { 'ipv6-unicast': {} } },
    /familyOptions\.ipv6-unicast: "ipv6-unicast": expected one of the neighbor's families/,
  ],
  [{ familyOptions: { 'ipv4-unicast': { addPathSend: 256 } } }, /addPathSend: 256: expected 0\.\.255/],
  [
    {
      familyOptions: {
        'ipv4-unicast': { maxPrefixes: { limit: 0, warningPercent: 75, action: 'warn', restartSec: 0 } },
      },
    },
    /maxPrefixes\.limit: 0: expected 1\.\./,
  ],
  [
    {
      familyOptions: {
        'ipv4-unicast': { maxPrefixes: { limit: 5, warningPercent: 101, action: 'warn', restartSec: 0 } },
      },
    },
    /warningPercent: 101: expected 1\.\.100/,
  ],
  [
    {
      familyOptions: {
        'ipv4-unicast': { maxPrefixes: { limit: 5, warningPercent: 75, action: 'restart', restartSec: 0 } },
      },
    },
    /restartSec: 0: expected 1\.\.65535 with the action restart/,
  ],
  [
    { familyOptions: { 'ipv4-unicast': { defaultOriginate: { policy: { policy: 'missing' } } } } },
    /defaultOriginate\.policy: "missing": expected the name of a policy/,
  ],
];

const wrong: readonly (readonly [Partial<SpeakerConfig>, RegExp])[] = [
  [{ asn: 0 }, /asn: 0: expected 1\.\.4294967295/],
  [{ routerId: '0.0.0.0' }, /routerId: "0\.0\.0\.0": expected a dotted quad/],
  [{ clusterId: 'nine' }, /clusterId: "nine": expected a dotted quad/],
  [{ confederation: { identifier: 0, members: [] } }, /confederation\.identifier: 0/],
  [
    { confederation: { identifier: 100, members: [65001] } },
    /confederation\.members: 65001: expected AS numbers other/,
  ],
  [
    { confederation: { identifier: 100, members: [7, 7] } },
    /confederation\.members: \[7,7\]: expected each member once/,
  ],
  [{ maxPaths: { ebgp: 0, ibgp: 1 } }, /maxPaths\.ebgp: 0: expected 1\.\.256/],
  [{ fib: { table: 0, metric: 20, advertisesInstalledOnly: false } }, /fib\.table: 0/],
  [{ selectionDeferralSec: 3601 }, /selectionDeferralSec: 3601: expected 0\.\.3600/],
  [{ hostname: 'x'.repeat(65) }, /hostname: .*: expected 1 to 64 octets/],
  [{ domainName: 'example.org' }, /domainName: "example\.org": expected none without hostname/],
  [
    { policies: (['accept', 'reject'] as const).map((otherwise) => ({ name: 'twice', statements: [], otherwise })) },
    /policies\.name: "twice": expected each policy once/,
  ],
  [
    {
      networks: [
        { prefix: '10.0.0.0/8', origin: 'igp' },
        { prefix: '10.0.0.0/8', origin: 'incomplete' },
      ],
    },
    /networks\.prefix: "10\.0\.0\.0\/8": expected one origin/,
  ],
  [
    { ...withNeighbor({ remoteAsn: 65002, isRouteServerClient: true }), ...confederated },
    /isRouteServerClient: true: expected false: clients .* eBGP/,
  ],
  [
    { ...withNeighbor({ remoteAsn: 65002, removePrivateAs: 'replace' }), ...confederated },
    /removePrivateAs: "replace": expected none within the AS or confederation/,
  ],
  [{ softwareVersion: '' }, /softwareVersion: "": expected 1 to 64 octets/],
  [{ networks: networks('10.0.0.1/8') }, /networks\.prefix: "10\.0\.0\.1\/8": expected a prefix without host bits/],
  [
    { aggregates: [{ prefix: '10.0.0.0/33', isSummaryOnly: false, policy: undefined }] },
    /aggregates\.prefix: "10\.0\.0\.0\/33"/,
  ],
  [
    {
      aggregates: ['10.0.0.0/8', '10.0.0.0/8'].map((prefix) => ({ prefix, isSummaryOnly: false, policy: undefined })),
    },
    /aggregates\.prefix: .*: expected each aggregate once/,
  ],
  [
    { redistribute: [{ source: 'static', families: ['ipv4-unicast'], policy: { policy: 'missing' } }] },
    /redistribute\[static\]\.policy: "missing"/,
  ],
  [
    {
      redistribute: [
        { source: 'static', families: ['ipv4-unicast'], policy: undefined },
        { source: 'static', families: ['ipv6-unicast'], policy: undefined },
      ],
    },
    /redistribute\.source: "static": expected each source once/,
  ],
  [
    { dynamicNeighbors: [{ prefix: '10.0.0.0/8', limit: 0, neighbor: template }] },
    /dynamicNeighbors\[10\.0\.0\.0\/8\]\.limit: 0: expected 1\.\.65000/,
  ],
  [
    { dynamicNeighbors: [{ prefix: '10.0.0.0/8', limit: 5, neighbor: { ...template, ttl: 0 } }] },
    /dynamicNeighbors\[10\.0\.0\.0\/8\]\.neighbor\.ttl: 0/,
  ],
  [
    { neighbors: [neighborConfig({ address: PEER }), neighborConfig({ address: PEER })] },
    /neighbors\.address: "192\.0\.2\.2": expected each neighbor once/,
  ],
];

test('every fault of a neighbor names field, value and what would be right', (t) => {
  for (const [neighbor, message] of wrongNeighbors) {
    t.throws(() => compile(withNeighbor(neighbor)), { name: 'ConfigError', message }, JSON.stringify(neighbor));
  }
});

test('every fault of the speaker as a whole does too', (t) => {
  for (const [config, message] of wrong) {
    t.throws(() => compile(config), { name: 'ConfigError', message }, JSON.stringify(config));
  }
});

test('a password is never part of a complaint', (t) => {
  const secret = 'x'.repeat(81);
  const error = t.throws(() => compile(withNeighbor({ password: secret })));
  t.false(error.message.includes('xxx'));
});

test('everything that is right is taken', (t) => {
  t.notThrows(() =>
    compile({
      confederation: { identifier: 100, members: [65002] },
      clusterId: '9.9.9.9',
      maxPaths: { ebgp: 256, ibgp: 1 },
      dynamicNeighbors: [
        { prefix: '10.0.0.0/8', limit: 65_000, neighbor: template },
        { prefix: '2001:db8::/32', limit: 1, neighbor: template },
      ],
      neighbors: [
        neighborConfig({ address: PEER, remoteAsn: 65002, gtsmHops: 1, password: 'x'.repeat(80) }),
        neighborConfig({
          address: '192.0.2.3',
          remoteAsn: 'any',
          role: 'rs-client',
          isRoleStrict: true,
          gracefulRestart: defaultGracefulRestart,
          longLivedStaleSec: 0xff_ffff,
        }),
        neighborConfig({ address: 'fe80::1%eth0', remoteAsn: 'internal', isRouteReflectorClient: true }),
      ],
    }),
  );
});
