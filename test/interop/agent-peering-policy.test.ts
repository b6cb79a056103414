// `waggle agent --standalone` as people use it, with a real FRR bgpd and a real `waggle router` as neighbors: what it announces,
// what an edit of its manifests changes, and above all what it leaves alone.

import test, { type ExecutionContext } from 'ava';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { AgentWorld } from './agent-world.ts';

const requirements = [
  root,
  command('bgpd', 'frr'),
  command('vtysh', 'frr'),
  command('ip', 'iproute2'),
  command('ss', 'iproute2'),
];
const world = new AgentWorld();

const node = `apiVersion: v1
kind: Node
metadata:
  name: node1
  labels: { rack: r1 }
spec:
  podCIDRs: [10.244.1.0/24, "fd00:244:1::/64"]
status:
  addresses: [{ type: InternalIP, address: 192.0.2.2 }]
`;

const policyHead = `apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata:
  name: rack0
spec:
  nodeSelector: { matchExpressions: [{ key: rack, operator: In, values: [r1] }] }
  virtualRouters:
    - localASN: 65001
      exportPodCIDR: true
      neighbors:
`;

function neighbor(address: string, asn: number, afi: string, ...more: readonly string[]): string {
  const lines = [
    `- peerAddress: ${address}`,
    `  peerASN: ${asn}`,
    '  connectRetryTimeSeconds: 1',
    '  holdTimeSeconds: 9',
    '  keepAliveTimeSeconds: 3',
    `  families: [{ afi: ${afi}, safi: unicast }]`,
    ...more.map((line) => `  ${line}`),
  ];
  return lines.map((line) => `        ${line}\n`).join('');
}

const communities = (standard: string): string =>
  `advertisedPathAttributes: [{ selectorType: PodCIDR, communities: { standard: ["${standard}"], wellKnown: [no-export], large: ["65001:1:2"] } }]`;
const tor4 = (standard = '65001:100', ...more: readonly string[]): string =>
  neighbor('192.0.2.1/32', 65000, 'ipv4', communities(standard), ...more);
const tor6 = neighbor('2001:db8:1::1/128', 65000, 'ipv6');
const peer4 = neighbor('192.0.2.5/32', 65010, 'ipv4');
const policy = (...neighbors: readonly string[]): string => `${policyHead}${neighbors.join('')}`;

type Sessions = Readonly<Record<string, Awaited<ReturnType<AgentWorld['session']>>>>;

async function sessions(...addresses: readonly string[]): Promise<Sessions> {
  return Object.fromEntries(
    await Promise.all(addresses.map(async (address) => [address, await world.session(address)])),
  );
}

/** Every session is the one it was: up since the same second, as the clock's rounding tells it, and never up again. */
async function assertUntouched(t: ExecutionContext, before: Sessions): Promise<void> {
  for (const [address, now] of Object.entries(await sessions(...Object.keys(before)))) {
    const { sinceSec, ...rest } = before[address];
    t.like(now, { ...rest, state: 'Established' }, address);
    t.true(Math.abs(now.sinceSec - sinceSec) <= 1, `${address}: since ${sinceSec}, now ${now.sinceSec}`);
  }
}

async function isUp(address: string): Promise<boolean> {
  return (await world.session(address)).state === 'Established';
}

/** The path that FRR has for a prefix, with what we look at. */
async function frrPath(family: 'ipv4' | 'ipv6', prefix: string): Promise<string> {
  const view = await world.frrJson(`show bgp ${family} unicast ${prefix}`);
  return JSON.stringify(view);
}

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  await world.build();
  world.write('node.yaml', node);
  world.write('policy.yaml', policy(tor4(), tor6));
  await world.startAgent();
});

test.after.always(() => world.remove());

test.beforeEach((t) => t.timeout(150_000));

test.serial(
  'the PodCIDRs are announced in both families, with path, next hop and communities',
  needs(requirements, async (t) => {
    t.true(await world.until(async () => (await isUp('192.0.2.1')) && (await isUp('2001:db8:1::1')), 30_000));
    t.true(await world.until(async () => (await frrPath('ipv4', '10.244.1.0/24')).includes('paths'), 30_000));
    const path = await frrPath('ipv4', '10.244.1.0/24');
    t.regex(path, /"string":"65001"/);
    t.regex(path, /"ip":"192\.0\.2\.2"/);
    t.regex(path, /65001:100/);
    t.regex(path, /no-?export/i);
    t.regex(path, /65001:1:2/);
    t.true(await world.until(async () => (await frrPath('ipv6', 'fd00:244:1::/64')).includes('paths'), 30_000));
    t.regex(await frrPath('ipv6', 'fd00:244:1::/64'), /"ip":"2001:db8:1::2"/);
    t.regex((await world.frr('show bgp ipv4 unicast summary')).stdout, /192\.0\.2\.2 .* 1 +\d+ N\/A/);
  }),
);

test.serial(
  'what a neighbor sends stays in the Adj-RIB-In: pfxRcd is 0, nothing is accepted',
  needs(requirements, async (t) => {
    const received = async (): Promise<string> =>
      (await world.waggle('show', 'bgp', 'neighbors', '192.0.2.1', 'received-routes')).stdout;
    t.true(await world.until(async () => (await received()).includes('198.51.100.0/24'), 30_000));
    const peers = await world.waggle('show', 'bgp', 'ipv4', 'unicast', 'summary', '--json');
    t.regex(peers.stdout, /"pfxRcd": 0,/);
    t.regex(peers.stdout, /"pfxRcdPrePolicy": 1\b/);
    const table = await world.waggle('show', 'bgp', 'ipv4', 'unicast');
    t.notRegex(table.stdout, /198\.51\.100\.0/);
    t.regex(table.stdout, /10\.244\.1\.0\/24/);
  }),
);

test.serial(
  "the status names the policy in force, and Cilium's API its export policies",
  needs(requirements, async (t) => {
    const status = await world.waggle('status');
    t.is(status.code, 0, status.stdout + status.stderr);
    t.regex(status.stdout, /policy rack0.*in force: 1 virtual router, 2 neighbors/);
    t.regex(status.stdout, /node1, PodCIDRs 10\.244\.1\.0\/24, fd00:244:1::\/64/);
    const policies = await world.waggle('bgp', 'route-policies');
    t.regex(policies.stdout, /rack0-65001-192\.0\.2\.1-export/);
  }),
);

test.serial(
  'the agent listens for BGP only where the annotation says so, and that touches no session',
  needs(requirements, async (t) => {
    const listening = async (): Promise<string> => (await world.inNode('ss', '-Hltn', 'sport', '=', ':179')).stdout;
    t.is(await listening(), '');
    const before = await sessions('192.0.2.1', '2001:db8:1::1');
    const annotated = node.replace(
      'labels:',
      'annotations: { cilium.io/bgp-virtual-router.65001: local-port=179 }\n  labels:',
    );
    world.write('node.yaml', annotated);
    t.true(await world.until(async () => /0\.0\.0\.0:179[^]*\[::\]:179/.test(await listening()), 30_000));
    world.write('node.yaml', node);
    t.true(await world.until(async () => (await listening()) === '', 30_000));
    await assertUntouched(t, before);
  }),
);

test.serial(
  'a file that is written again unchanged, and SIGHUP, touch nothing',
  needs(requirements, async (t) => {
    const before = await sessions('192.0.2.1', '2001:db8:1::1');
    const applied = (): number => world.log().filter(({ event }) => event === 'configuration-applied').length;
    const count = applied();
    world.write('policy.yaml', `# a comment\n${world.read('policy.yaml')}`);
    world.signalAgent('SIGHUP');
    await world.until(() => applied() > count, 3000);
    t.is(applied(), count);
    await assertUntouched(t, before);
  }),
);

test.serial(
  'taking a neighbor out ends its session with a Cease, and it comes back with the text; the other never notices',
  needs(requirements, async (t) => {
    const before = await sessions('192.0.2.1');
    const frrState = async (): Promise<string> => (await world.frr('show bgp neighbors 2001:db8:1::2')).stdout;
    world.write('policy.yaml', policy(tor4()));
    t.true(await world.until(async () => !(await frrState()).includes('BGP state = Established'), 30_000));
    t.regex(await frrState(), /Cease/);
    world.write('policy.yaml', policy(tor4(), tor6));
    t.true(await world.until(async () => (await frrState()).includes('BGP state = Established'), 30_000));
    await assertUntouched(t, before);
  }),
);

test.serial(
  'a broken edit changes nothing and is explained in log, status and config check',
  needs(requirements, async (t) => {
    const before = await sessions('192.0.2.1', '2001:db8:1::1');
    const edits: readonly (readonly [text: string, fault: RegExp])[] = [
      [
        policy(tor4(), tor6).replace('peerASN: 65000', 'peerASN: many'),
        /policy\.yaml:12: spec\.virtualRouters\[0\]\.neighbors\[0\]\.peerASN: "many": expected a whole number/,
      ],
      [
        policy(tor4(), tor6).replace('192.0.2.1/32', '192.0.2.1'),
        /policy\.yaml:11: .*peerAddress: "192\.0\.2\.1": expected one address as a host prefix/,
      ],
      [policy(tor4('70000:1'), tor6), /policy\.yaml:17: .*standard\[0\]: "70000:1": expected two numbers up to 65535/],
      [
        policy(tor4(), tor6).replace('kind: Cilium', 'kind: Silium'),
        /policy\.yaml:2: kind: .*did you mean CiliumBGPPeeringPolicy/,
      ],
      [`${policy(tor4())}        - [`, /policy\.yaml:\d+: not valid YAML/],
    ];
    for (const [text, fault] of edits) {
      const told = world.log().length;
      world.write('policy.yaml', text);
      t.true(
        await world.until(
          () =>
            world
              .log()
              .slice(told)
              .some(({ msg }) => fault.test(msg)),
          30_000,
        ),
        `${fault} in the log`,
      );
      const status = await world.waggle('status');
      t.is(status.code, 1, status.stdout);
      t.regex(status.stdout, fault);
      t.regex(status.stdout, /in force: 1 virtual router, 2 neighbors/);
      const check = await world.checkConfig();
      t.is(check.code, 1);
      t.regex(check.stderr, fault);
    }
    world.write('policy.yaml', policy(tor4(), tor6));
    t.true(await world.until(async () => (await world.waggle('status')).code === 0, 30_000));
    t.is((await world.checkConfig()).code, 0);
    t.true(await world.until(() => world.log().at(-1)?.event === 'problem-over', 30_000));
    await assertUntouched(t, before);
  }),
);

test.serial(
  'a neighbor that asks for what is not supported yet is refused by path, goes on if it ran, and the others run',
  needs(requirements, async (t) => {
    const before = await sessions('192.0.2.1', '2001:db8:1::1');
    world.write('policy.yaml', policy(tor4().replace('safi: unicast', 'safi: multicast'), tor6));
    const fault =
      /policy\.yaml:16: spec\.virtualRouters\[0\]\.neighbors\[0\]\.families\[0\]: "ipv4 multicast": not supported yet/;
    t.true(await world.until(async () => fault.test((await world.waggle('status')).stdout), 30_000));
    t.regex((await world.checkConfig()).stderr, fault);
    await assertUntouched(t, before);
    world.write('policy.yaml', policy(tor4(), tor6));
    t.true(await world.until(async () => (await world.waggle('status')).code === 0, 30_000));
    await assertUntouched(t, before);
  }),
);

test.serial(
  'adding a neighbor brings it up and leaves every other session untouched',
  needs(requirements, async (t) => {
    const before = await sessions('192.0.2.1', '2001:db8:1::1');
    world.write('policy.yaml', policy(tor4(), tor6, peer4));
    t.true(await world.until(() => isUp('192.0.2.5'), 30_000));
    t.true(await world.until(async () => (await world.peerTable()).includes('10.244.1.0/24'), 30_000));
    await assertUntouched(t, before);
  }),
);

test.serial(
  'changing one export policy reaches that neighbor and leaves every session untouched',
  needs(requirements, async (t) => {
    const all = ['192.0.2.1', '2001:db8:1::1', '192.0.2.5'];
    const before = await sessions(...all);
    world.write('policy.yaml', policy(tor4('65001:200'), tor6, peer4));
    t.true(await world.until(async () => (await frrPath('ipv4', '10.244.1.0/24')).includes('65001:200'), 30_000));
    t.notRegex(await frrPath('ipv4', '10.244.1.0/24'), /65001:100/);
    await assertUntouched(t, before);
  }),
);

test.serial(
  'a changed PodCIDR is announced, and the one before is withdrawn, on every session as it is',
  needs(requirements, async (t) => {
    const all = ['192.0.2.1', '2001:db8:1::1', '192.0.2.5'];
    const before = await sessions(...all);
    world.write('node.yaml', node.replace('10.244.1.0/24', '10.244.9.0/24'));
    t.true(await world.until(async () => (await frrPath('ipv4', '10.244.9.0/24')).includes('paths'), 30_000));
    t.true(await world.until(async () => !(await frrPath('ipv4', '10.244.1.0/24')).includes('paths'), 30_000));
    t.true(await world.until(async () => (await world.peerTable()).includes('10.244.9.0/24'), 30_000));
    t.true(await world.until(async () => !(await world.peerTable()).includes('10.244.1.0'), 30_000));
    await assertUntouched(t, before);
  }),
);

test.serial(
  'of two policies on the node the older stays in force, and the status says so',
  needs(requirements, async (t) => {
    const before = await sessions('192.0.2.1', '192.0.2.5');
    world.write('0-second.yaml', policy(tor4()).replace('name: rack0', 'name: a-second').replace('65001', '65099'));
    const warning =
      /policy a-second.*0-second\.yaml:6: spec\.nodeSelector: .*older CiliumBGPPeeringPolicy\/rack0 is in force/;
    t.true(await world.until(async () => warning.test((await world.waggle('status')).stdout), 30_000));
    await assertUntouched(t, before);
    t.is(await world.stopAgent(), 0);
    await world.startAgent();
    t.true(
      await world.until(async () => warning.test((await world.waggle('status')).stdout), 30_000),
      'also after a restart',
    );
    t.true(await world.until(() => isUp('192.0.2.1'), 30_000));
  }),
);

test.serial(
  'a second agent on the same directories is refused in one line',
  needs(requirements, async (t) => {
    const second = await world.secondAgent();
    t.is(second.code, 1);
    t.regex(second.stderr, /^waggle agent: another waggle \(process \d+\) uses \S+agent-run: stop it, .*\n$/);
  }),
);

test.serial(
  'SIGTERM ends the sessions with Cease and the agent with 0',
  needs(requirements, async (t) => {
    t.is(await world.stopAgent(), 0);
    t.true(
      await world.until(async () => /Cease/.test((await world.frr('show bgp neighbors 192.0.2.2')).stdout), 30_000),
    );
    t.is(world.log().at(-1)?.event, 'stopped');
  }),
);
