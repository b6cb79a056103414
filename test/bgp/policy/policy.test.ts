// Policies compiled from configuration: matching, what `next` adds up to, verdicts that do not look at prefixes.

import test from 'ava';
import type { PolicyConfig, StatementConfig } from '#bgp/config.ts';
import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { PolicyError } from '#bgp/policy/policy-error.ts';
import { Policy, policyOf, type Verdict } from '#bgp/policy/policy.ts';
import { type AttributeChanges, noChanges } from '#bgp/wire/attribute-changes.ts';
import { AttributeSets, attrSetId } from '#bgp/wire/attribute-sets.ts';

function statement(over: Partial<StatementConfig>): StatementConfig {
  return { name: 'one', match: {}, set: {}, action: 'accept', ...over };
}

function policy(statements: StatementConfig[], otherwise: PolicyConfig['otherwise'] = 'reject'): Policy {
  return Policy.compile({ name: 'test', statements, otherwise });
}

const sets = new AttributeSets();

function judge(which: Policy, text: string): Verdict {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  const family = prefix.version === 4 ? ipv4Unicast : ipv6Unicast;
  return which.evaluate(family, prefix.w0, prefix.w1, prefix.w2, prefix.w3, prefix.length, sets, attrSetId(0), 0);
}

test('a prefix list matches by minimum and maximum length as ge and le do', (t) => {
  const which = policy([statement({ match: { prefixes: [{ prefix: '10.0.0.0/8', minLength: 16, maxLength: 24 }] } })]);
  t.false(judge(which, '10.0.0.0/8').isAccepted);
  t.false(judge(which, '10.0.0.0/15').isAccepted);
  t.true(judge(which, '10.1.0.0/16').isAccepted);
  t.true(judge(which, '10.255.255.0/24').isAccepted);
  t.false(judge(which, '10.1.2.0/25').isAccepted);
  t.false(judge(which, '11.0.0.0/16').isAccepted);
  t.false(judge(which, '2001:db8::/24').isAccepted);
});

test('ranges of one prefix add up, and IPv6 prefixes match over all four words', (t) => {
  const which = policy([
    statement({
      match: {
        prefixes: [
          { prefix: '2001:db8::/32', minLength: 48, maxLength: 48 },
          { prefix: '2001:db8::/32', minLength: 128, maxLength: 128 },
          { prefix: '0.0.0.0/0', minLength: 0, maxLength: 0 },
        ],
      },
    }),
  ]);
  t.true(judge(which, '2001:db8:1::/48').isAccepted);
  t.true(judge(which, '2001:db8::1/128').isAccepted);
  t.false(judge(which, '2001:db8:1::/64').isAccepted);
  t.false(judge(which, '2001:db9:1::/48').isAccepted);
  t.true(judge(which, '0.0.0.0/0').isAccepted);
  t.false(judge(which, '0.0.0.0/1').isAccepted);
});

test('`next` applies its changes and goes on; the statement that decided is named', (t) => {
  const prefixes = [{ prefix: '10.0.0.0/8', minLength: 8, maxLength: 32 }];
  const which = policy([
    statement({ name: 'mark', match: { prefixes }, set: { addCommunities: [7], localPreference: 50 }, action: 'next' }),
    statement({ name: 'take', set: { addCommunities: [7, 8], localPreference: 90 } }),
  ]);
  const inside = judge(which, '10.1.0.0/16');
  t.is(inside.statement, 1);
  const expected: AttributeChanges = {
    ...noChanges,
    communities: { isReplaced: false, remove: [], add: [[7], [8]] },
    localPreference: 90,
  };
  t.deepEqual(which.changes[inside.changesIndex], expected);
  const outside = judge(which, '192.0.2.0/24');
  t.is(inside, judge(which, '10.2.0.0/16'), 'equal verdicts are one object');
  t.is(outside.changesIndex, inside.changesIndex, 'equal changes share a number');
});

test('what `next` changed is lost when the route is refused in the end', (t) => {
  const which = policy([statement({ set: { addCommunities: [7] }, action: 'next' }), statement({ action: 'reject' })]);
  t.like(judge(which, '10.0.0.0/8'), { isAccepted: false, changesIndex: 0, statement: 1 });
});

test('statements for another family do not count, and `otherwise` decides what none matched', (t) => {
  const which = policy([statement({ match: { families: ['ipv6-unicast'] }, action: 'reject' })], 'accept');
  t.like(judge(which, '10.0.0.0/8'), { isAccepted: true, statement: -1 });
  t.like(judge(which, '2001:db8::/32'), { isAccepted: false, statement: 0 });
});

test('a verdict that no prefix can change is known beforehand', (t) => {
  const which = policy([
    statement({ match: { families: ['ipv6-unicast'], prefixes: [{ prefix: '::/0', minLength: 0, maxLength: 0 }] } }),
  ]);
  t.deepEqual(which.constantVerdict(ipv4Unicast), { isAccepted: false, changesIndex: 0, statement: -1 });
  t.is(which.constantVerdict(ipv6Unicast), undefined);
});

test('without a policy eBGP denies and iBGP accepts (RFC 8212)', (t) => {
  const none = new Map<string, { policy: Policy }>();
  t.false(judge(policyOf('unset', 'ebgp', none), '10.0.0.0/8').isAccepted);
  t.true(judge(policyOf('unset', 'ibgp', none), '10.0.0.0/8').isAccepted);
  t.true(judge(policyOf('unset', 'confederation', none), '10.0.0.0/8').isAccepted);
  t.true(policyOf('unset', 'ebgp', none).isUnset);
  t.false(policyOf('reject', 'ibgp', none).isUnset);
  t.true(judge(policyOf('accept', 'ebgp', none), '10.0.0.0/8').isAccepted);
});

test('policies written alike have one fingerprint, others have not', (t) => {
  const one = policy([statement({ set: { localPreference: 1 } })]);
  const same = policy([statement({ set: { localPreference: 1 } })]);
  const other = policy([statement({ set: { localPreference: 2 } })]);
  t.is(one.fingerprint, same.fingerprint);
  t.not(one.fingerprint, other.fingerprint);
});

test('a policy that cannot work is refused with field, value and what would be right', (t) => {
  const fault = (statements: StatementConfig[]): PolicyError | undefined =>
    t.throws(() => policy(statements), { instanceOf: PolicyError });
  const prefixes = (prefix: string, minLength: number, maxLength: number): StatementConfig[] => [
    statement({ match: { prefixes: [{ prefix, minLength, maxLength }] } }),
  ];
  t.is(
    fault(prefixes('10.0.0/8', 8, 8))?.message,
    'policies.test.statements[0].match.prefixes[0].prefix: "10.0.0/8" is not valid here; expected a prefix such as 192.0.2.0/24 or 2001:db8::/32',
  );
  t.regex(fault(prefixes('10.0.0.0/8', 7, 8))?.message ?? '', /minLength: 7 .*expected 8 to 32/);
  t.regex(fault(prefixes('10.0.0.0/8', 9, 33))?.message ?? '', /maxLength: 33 .*expected 9 to 32/);
  t.regex(fault([statement({ set: { addCommunities: [-1] } })])?.message ?? '', /addCommunities\[0\]: -1/);
  t.regex(fault([statement({ set: { localPreference: 2 ** 32 } })])?.message ?? '', /localPreference/);
  t.throws(() => policyOf({ policy: 'nope' }, 'ebgp', new Map([['yes', { policy: policy([]) }]])), {
    message: /policy: "nope" .* accept, reject or one of: yes/,
  });
});
