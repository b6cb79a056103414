// What the reader of router.yaml takes, the speaker takes: random files of fields that may contradict each other.
// A file that passed here and failed there would end the router.

import test from 'ava';
import fc from 'fast-check';
import { compileConfiguration } from '#bgp/configuration.ts';
import { noSources } from '#bgp/policy/policy-sources.ts';
import { readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const neighborFields = [
  'peerGroup: g',
  'passive: true',
  'families: [ipv4-unicast, ipv6-unicast]',
  'import: p',
  'export: accept',
  'nextHop: self',
  'nextHopSelf: true',
  'addPath: {receive: true, send: all}',
  'addPath: {send: none}',
  'maxPrefixes: {limit: 5, action: restart}',
  'maxPrefixes: {limit: 5, restartSec: 7}',
  'defaultOriginate: {policy: p}',
  'familyOptions: {ipv6-unicast: {nextHop: self, import: p}}',
  'ttl: 1',
  'ttl: 255',
  'multihop: true',
  'multihop: false',
  'ttlSecurity: true',
  'ttlSecurity: 254',
  'interface: eth0',
  'password: x',
  'passwordFile: x',
  'timers: {holdTimeSec: 0, sendHoldSec: 1}',
  'timers: {holdTimeSec: 3, keepaliveSec: 2, delayOpenSec: 240}',
  'timers: {holdTimeSec: 65535}',
  'timers: {sendHoldSec: 91}',
  'shutdown: {message: "ä"}',
  'role: provider',
  'roleStrict: true',
  'gracefulRestart: {mode: off}',
  'gracefulRestart: {}',
  'longLivedStaleSec: 16777215',
  'routeReflectorClient: true',
  'routeServerClient: true',
  'localAsn: 64999',
  'localAsn: {asn: 64999, replaceAsn: true, noPrepend: true}',
  'localAsn: {asn: 65000}',
  'allowAsIn: 10',
  'asOverride: true',
  'removePrivateAsn: replace',
  'enforceFirstAsn: false',
  'acceptAsSets: true',
  'aigp: false',
  'gracefulShutdown: true',
  'extendedNextHop: true',
];

const routerLines = [
  'confederation: {identifier: 64000, members: [65001]}',
  'confederation: {identifier: 65000, members: []}',
  'gracefulRestart: {mode: full, longLivedStaleSec: 5}',
  'gracefulRestart: {selectionDeferralSec: 3600}',
  'gracefulRestart: {longLivedStaleSec: 5}',
  'hostname: ääää',
  'clusterId: 1.1.1.1',
  'fib: {mode: kernel, table: 4294967295}',
  'maxPaths: 256',
  'aggregates: [10.0.0.0/8, {prefix: 0.0.0.0/0, policy: p}]',
  'redistribute: [kernel, {source: connected, policy: p}]',
];

const keyOf = (field: string): string => field.split(':')[0];
const some = fc.uniqueArray(fc.constantFrom(...neighborFields), { maxLength: 3, selector: keyOf });
const remoteAsn = fc.constantFrom('65000', '64500', '65001', 'any', 'external');
const fields = fc.tuple(remoteAsn, some).map(([asn, rest]) => [`remoteAsn: ${asn}`, ...rest]);
const groupFields = some.map((all) => all.filter((field) => keyOf(field) !== 'peerGroup'));

test('every file that is taken is one that the speaker takes', (t) => {
  const validator = new RouterFileValidator();
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fields,
      fields,
      groupFields,
      fc.uniqueArray(fc.constantFrom(...routerLines), { maxLength: 3, selector: keyOf }),
      (first, second, group, router) => {
        const text = [
          'router:',
          '  asn: 65000',
          '  routerId: 198.51.100.1',
          ...router.map((line) => `  ${line}`),
          `  peerGroups: [{${['name: g', ...group].join(', ')}}]`,
          '  neighbors:',
          `    - {${['address: 192.0.2.1', ...first].join(', ')}}`,
          `    - {${['prefix: 10.0.0.0/8', ...second].join(', ')}}`,
          '  policies: [{name: p, statements: [{match: {sources: [ebgp], asPath: [_1_, _2_]}, set: {med: {add: 1}}, action: next}]}]',
          '',
        ].join('\n');
        const reading = readRouterFile(text, validator);
        if ('faults' in reading) {
          refused++;
          return;
        }
        taken++;
        t.notThrows(() => compileConfiguration(reading.settings.speaker.instances[0], undefined, noSources), text);
      },
    ),
    { numRuns: 1500 },
  );
  t.true(taken > 50 && refused > 50, `${taken} taken, ${refused} refused`);
});
