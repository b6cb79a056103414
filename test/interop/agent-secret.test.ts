// authSecretRef and gracefulRestart of a peering policy, from manifests to a real FRR: no Secret, no session and everybody
// says why; with it a signed one, its value nowhere to be seen; and killed, stopped and started agents lose no route.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { AgentWorld, type Json } from './agent-world.ts';

const requirements = [root, command('ip', 'iproute2'), command('bgpd', 'frr')];
let world: AgentWorld;

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  world = new AgentWorld();
  await world.build();
  await world.inNode('ip', 'route', 'add', 'local', '10.244.1.0/24', 'dev', 'lo');
  await world.inFrr('neighbor 192.0.2.2 password hunter-one');
  world.write('node.yaml', node);
  world.write('policy.yaml', policy);
});

test.after.always(async () => {
  await world?.remove();
});

const node = `apiVersion: cilium.io/v2
kind: CiliumNode
metadata: { name: node1 }
spec:
  ipam: { podCIDRs: [10.244.1.0/24] }
  addresses: [{ type: InternalIP, ip: 192.0.2.2 }]
`;
const policy = `apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: { name: rack0 }
spec:
  virtualRouters:
    - localASN: 65001
      exportPodCIDR: true
      neighbors:
        - peerAddress: 192.0.2.1/32
          peerASN: 65000
          connectRetryTimeSeconds: 1
          holdTimeSeconds: 9
          keepAliveTimeSeconds: 3
          authSecretRef: tor
          gracefulRestart: { enabled: true, restartTimeSeconds: 60 }
          families: [{ afi: ipv4, safi: unicast }]
`;
const secret = (password: string): string => `apiVersion: v1
kind: Secret
metadata: { name: tor, namespace: kube-system }
data: { password: "${Buffer.from(password).toString('base64')}" }
`;

const isUp = (limitMs = 60_000): Promise<boolean> =>
  world.until(async () => (await world.session('192.0.2.1')).state === 'Established', limitMs);

/** FRR's view of the node as its neighbor. */
async function inFrr(): Promise<Json> {
  const all: Readonly<Record<string, Json>> = JSON.parse((await world.frr('show bgp neighbors 192.0.2.2 json')).stdout);
  return all['192.0.2.2'] ?? {};
}

const route = async (): Promise<string> => (await world.frr('show bgp ipv4 unicast 10.244.1.0/24')).stdout;

/** Everything that the agent shows of itself, as one text. */
async function everything(): Promise<string> {
  const answers = await Promise.all([
    world.waggle('status'),
    world.waggle('status', '--json'),
    world.waggle('show', 'bgp', 'neighbors'),
    world.waggle('show', 'bgp', 'neighbors', '--json'),
    world.checkConfig(),
    world.inNode('curl', '-s', 'http://127.0.0.1:9880/v1/bgp/peers'),
    world.inNode('curl', '-s', 'http://127.0.0.1:9962/metrics'),
  ]);
  const log = world.log().map(({ msg }) => msg);
  return [...answers.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...log].join('\n');
}

test.serial(
  'without its Secret the session stays down, and status, show and log say so',
  needs(requirements, async (t) => {
    await world.startAgent();
    const reason = /Secret kube-system\/tor is missing/;
    const status = await world.waggle('status');
    t.is(status.code, 1);
    t.regex(status.stdout, reason);
    t.regex((await world.waggle('show', 'bgp', 'neighbors', '192.0.2.1')).stdout, reason);
    t.true(await world.until(() => world.log().some(({ msg }) => reason.test(msg)), 30_000));
    t.regex((await world.checkConfig()).stderr, reason);
    t.false(await isUp(3000));
    world.write('secret.yaml', secret(''));
    t.true(await world.until(async () => /its password is empty/.test((await world.waggle('status')).stdout), 30_000));
    t.false(await isUp(2000));
  }),
);

test.serial(
  'with it the session comes up signed, and the password is shown nowhere',
  needs(requirements, async (t) => {
    world.write('secret.yaml', secret('hunter-one'));
    t.true(await isUp());
    t.is((await world.waggle('status')).code, 0);
    t.true(await world.until(async () => /65001/.test(await route()), 30_000));
    const told = await everything();
    t.true(told.length > 2000);
    const peers = (await world.inNode('curl', '-s', 'http://127.0.0.1:9880/v1/bgp/peers')).stdout;
    t.like(JSON.parse(peers)[0], {
      'tcp-password-enabled': true,
      'graceful-restart': { enabled: true, 'restart-time-seconds': 60 },
    });
    t.notRegex(told, /hunter/);
    t.false(told.includes(Buffer.from('hunter-one').toString('base64')));
  }),
);

test.serial(
  'killed and started again, the agent sets R and F, and FRR never lost its route',
  needs(requirements, async (t) => {
    await world.stopAgent('SIGKILL');
    t.true(await world.until(async () => /stale/i.test(await route()), 30_000), await route());
    await world.startAgent();
    t.true(await isUp());
    t.true(await world.until(async () => !/stale/i.test(await route()), 30_000));
    t.regex(await route(), /65001/);
    const { gracefulRestartInfo } = await inFrr();
    const info = JSON.stringify(gracefulRestartInfo);
    t.regex(info, /"rBit":true/);
    t.regex(info, /"ipv4Unicast":\{"fBit":true/);
    t.true(
      world.log().some(({ msg }) => /begins after a restart: .*without a word; forwarding of ipv4-unicast/.test(msg)),
    );
  }),
);

test.serial(
  'stopped, the agent closes without a NOTIFICATION, and FRR waits for it',
  needs(requirements, async (t) => {
    const before = await inFrr();
    t.is(await world.stopAgent('SIGTERM'), 0);
    t.true(await world.until(async () => /stale/i.test(await route()), 30_000), await route());
    const after = await inFrr();
    const received = (view: Json): unknown => {
      const stats = view['messageStats'];
      return typeof stats === 'object' && stats !== null && 'notificationsRecv' in stats
        ? stats.notificationsRecv
        : undefined;
    };
    t.is(typeof received(after), 'number');
    t.is(received(after), received(before));
    await world.startAgent();
    t.true(await isUp());
    t.true(world.log().some(({ msg }) => /begins after a restart: .*ended for a restart/.test(msg)));
  }),
);

test.serial(
  'a changed Secret is the key of the session from then on',
  needs(requirements, async (t) => {
    world.write('secret.yaml', secret('hunter-two'));
    t.true(await world.until(() => world.log().some(({ msg }) => /updated 192\.0\.2\.1/.test(msg)), 30_000));
    // FRR ends its session when its password changes, and the next one has both.
    await world.inFrr('neighbor 192.0.2.2 password hunter-two');
    t.true(await world.until(async () => Number((await world.session('192.0.2.1')).established) >= 2, 30_000));
    t.true(await isUp());
    t.notRegex(await everything(), /hunter/);
  }),
);

test.serial(
  'a Secret that goes, or is emptied, ends the session, which FRR is told by the key that it has; with the Secret it is back',
  needs(requirements, async (t) => {
    for (const [spoil, reason] of [
      [() => rmSync(join(world.manifests, 'secret.yaml')), /Secret kube-system\/tor is missing/],
      [() => world.write('secret.yaml', secret('')), /Secret kube-system\/tor: its password is empty/],
    ] as const) {
      t.true(await isUp());
      spoil();
      t.true(await world.until(async () => reason.test((await world.waggle('status')).stdout), 30_000));
      t.true(await world.until(async () => (await inFrr())['bgpState'] !== 'Established', 30_000));
      t.is((await inFrr())['lastNotificationReason'], 'Cease/Other Configuration Change');
      t.true(await world.until(() => world.log().some(({ msg }) => reason.test(msg)), 30_000));
      world.write('secret.yaml', secret('hunter-two'));
      t.true(await isUp());
    }
  }),
);

test.serial(
  'a neighbor that an edit takes out, or goes with the whole policy, gets 6/3 within a Hard Reset',
  needs(requirements, async (t) => {
    t.true(await isUp());
    // FRR has N unless told otherwise; peers without it are change-endings.test.ts's.
    for (const isWhole of [false, true]) {
      if (isWhole) rmSync(join(world.manifests, 'policy.yaml'));
      else world.write('policy.yaml', policy.replace('192.0.2.1/32', '192.0.2.77/32'));
      t.true(await world.until(async () => (await inFrr())['bgpState'] !== 'Established', 30_000));
      const after = await inFrr();
      t.is(after['lastNotificationReason'], 'Cease/Peer De-configured');
      t.true(after['lastNotificationHardReset']);
      t.true(await world.until(async () => !/65001/.test(await route()), 30_000));
      world.write('policy.yaml', policy);
      t.true(await isUp());
    }
  }),
);
