// What the detail of a prefix says of policies: which statement decided, for each neighbor, direction and path.

import test from 'ava';
import type { PolicyDecisionView } from '#bgp/views.ts';
import { createFixtureSpeaker, toJson } from '#support/frr-fixtures.ts';
import { show } from '#support/show.ts';

const prefix = '203.0.113.0/24';
const base = { prefix, pathId: 0, policy: 'out', statement: undefined, isAccepted: true };
const decisions: readonly PolicyDecisionView[] = [
  { ...base, neighbor: '192.0.2.1', direction: 'import', source: undefined, policy: 'accept' },
  { ...base, neighbor: '192.0.2.9', direction: 'export', source: '192.0.2.1' },
  { ...base, neighbor: '192.0.2.9', direction: 'export', source: '192.0.2.2', statement: 'no-two', isAccepted: false },
  { ...base, neighbor: '192.0.2.9', direction: 'export', source: undefined },
];

test('the detail of a prefix tells which statement decided about each path', async (t) => {
  const speaker = createFixtureSpeaker();
  speaker.decisions = [...decisions];
  const text = await show(speaker, `bgp ipv4 unicast ${prefix}`, 'text');
  t.is(
    text.slice(text.indexOf('  Policies:')),
    `  Policies:
    import from 192.0.2.1: accepted by policy accept
    export to 192.0.2.9, path of 192.0.2.1: accepted by policy out
    export to 192.0.2.9, path of 192.0.2.2: rejected by statement no-two of policy out
    export to 192.0.2.9: accepted by policy out
`,
  );
  const json = toJson(JSON.parse(await show(speaker, `bgp ipv4 unicast ${prefix}`, 'json')));
  t.deepEqual(JSON.parse(JSON.stringify(json['policyDecisions']))[2], {
    neighbor: '192.0.2.9',
    direction: 'export',
    source: '192.0.2.2',
    policy: 'out',
    statement: 'no-two',
    accepted: false,
  });
});
