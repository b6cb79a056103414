// The reconciler between a store and a speaker: what it tells the speaker and when, what it says of itself,
// and that nothing is told twice.

import test from 'ava';
import { describeAgent } from '#agent/agent-status.ts';
import { BgpReconciler } from '#agent/bgp-reconciler.ts';
import { describeEvent, type LogEvent } from '#io/log.ts';
import type { ConfigureOutcome, SpeakerHostConfig } from '#speaker/port.ts';
import { MemoryKubeStore } from '#support/memory-kube-store.ts';

const quiet: ConfigureOutcome = {
  neighborsAdded: [],
  neighborsRemoved: [],
  neighborsUpdated: [],
  neighborsReset: [],
  networksAdded: 0,
  networksRemoved: 0,
  problems: [],
};

class RecordingSpeaker {
  readonly told: SpeakerHostConfig[] = [];
  /** Every call in its order. */
  readonly calls: string[] = [];
  problems: string[] = [];
  fault: Error | undefined;
  gate: Promise<void> = Promise.resolve();

  async configure(config: SpeakerHostConfig): Promise<ConfigureOutcome> {
    this.told.push(config);
    this.calls.push(`configure ${config.instances.length}`);
    await this.gate;
    if (this.fault !== undefined) throw this.fault;
    return { ...quiet, problems: this.problems };
  }

  async sourcesSynchronised(): Promise<void> {
    this.calls.push('synchronised');
  }
}

function open(retryMs = 60_000) {
  const store = new MemoryKubeStore();
  const speaker = new RecordingSpeaker();
  const events: LogEvent[] = [];
  const runs: boolean[] = [];
  const reconciler = new BgpReconciler(
    { nodeName: 'node1', component: 'manifests', source: '/manifests', retryMs, secretsNamespace: 'kube-system' },
    {
      store,
      speaker,
      write: (event) => events.push(event),
      measured: (_seconds, hasFailed) => runs.push(hasFailed),
      nowMs: () => 0,
      begin: async (instances) => {
        speaker.calls.push(`begin ${instances.length}`);
      },
    },
  );
  const log = (): string[] =>
    events.map((event) => {
      const { level, message } = describeEvent(event);
      return `${level} ${message}`;
    });
  const status = (): string[] =>
    describeAgent(reconciler.state, 'node1', { component: 'manifests', name: '/manifests' }).map(
      ({ component, state, message }) => `${state} ${component}: ${message}`,
    );
  return { store, speaker, reconciler, runs, log, status };
}

const node = (...podCidrs: readonly string[]): string => `apiVersion: cilium.io/v2
kind: CiliumNode
metadata: { name: node1, labels: { rack: r1 } }
spec:
  addresses: [{ type: InternalIP, ip: 192.0.2.2 }]
  ipam: { podCIDRs: [${podCidrs.join(', ')}] }
`;

const policy = (neighbors: readonly string[], extra = ''): string => `apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: { name: rack0 }
spec:
  virtualRouters:
    - localASN: 65001
      exportPodCIDR: true
      neighbors:
${neighbors.map((address) => `        - { peerAddress: ${address}, peerASN: 65000${extra} }\n`).join('')}`;

const tor = '192.0.2.1/32';

test('the speaker is told what the policy and the node say', async (t) => {
  const { store, speaker, reconciler, log, status } = open();
  store.set(node('10.244.1.0/24'), policy([tor]));
  await reconciler.wake();
  t.is(speaker.told.length, 1);
  t.deepEqual(speaker.told[0].listen, []);
  t.like(speaker.told[0].instances[0], { asn: 65001, routerId: '192.0.2.2' });
  t.deepEqual(reconciler.state.configured, speaker.told[0].instances);
  t.deepEqual(status(), [
    'ok manifests: 2 objects from /manifests',
    'ok node: node1, PodCIDRs 10.244.1.0/24',
    'ok policy rack0: in force: 1 virtual router, 1 neighbor',
  ]);
  t.deepEqual(log(), ['info policy rack0: nothing changed']);
});

test('objects that say the same again tell the speaker nothing', async (t) => {
  const { store, speaker, reconciler, log } = open();
  store.set(node('10.244.1.0/24'), policy([tor]));
  await reconciler.wake();
  const before = log();
  store.set(policy([tor]), `# moved and commented\n${node('10.244.1.0/24')}`);
  await reconciler.wake();
  await reconciler.wake();
  t.is(speaker.told.length, 1);
  t.deepEqual(log(), before);
});

test('the annotation makes the speaker listen on every address of its port, once', async (t) => {
  const { store, speaker, reconciler, log } = open();
  const annotated = node('10.244.1.0/24').replace(
    'name: node1',
    'name: node1, annotations: { cilium.io/bgp-virtual-router.65001: local-port=179 }',
  );
  store.set(annotated, policy([tor]));
  await reconciler.wake();
  t.deepEqual(speaker.told[0].listen, [
    { address: '0.0.0.0', port: 179 },
    { address: '::', port: 179 },
  ]);
  const listening = ['info BGP listens on 0.0.0.0:179', 'info BGP listens on [::]:179'];
  t.deepEqual(
    log().filter((line) => line.includes('listens')),
    listening,
  );
  store.set(annotated, policy([tor, '192.0.2.9/32']));
  await reconciler.wake();
  t.is(log().filter((line) => line.includes('listens')).length, 2);
});

test('without its node nothing is told, and nothing that runs is taken away', async (t) => {
  const { store, speaker, reconciler, log, status } = open();
  store.set(policy([tor]));
  await reconciler.wake();
  t.deepEqual(speaker.told, []);
  const missing = 'no CiliumNode or Node named node1 in /manifests: nothing is changed until there is one';
  t.deepEqual(status(), [`error node: ${missing}`, 'ok manifests: 1 object from /manifests']);
  t.deepEqual(log(), [`warn ${missing}`]);

  store.set(node('10.244.1.0/24'), policy([tor]));
  await reconciler.wake();
  t.is(speaker.told.length, 1);
  t.deepEqual(log().slice(1), ['info policy rack0: nothing changed', 'info node node1: works again']);

  store.set(policy([tor, '192.0.2.9/32']));
  await reconciler.wake();
  t.is(speaker.told.length, 1);
  t.deepEqual(status(), [
    `error node: ${missing}`,
    'ok manifests: 1 object from /manifests',
    'ok policy rack0: in force: 1 virtual router, 1 neighbor',
  ]);
});

test('a policy that goes away ends what it began', async (t) => {
  const { store, speaker, reconciler, status } = open();
  store.set(node('10.244.1.0/24'), policy([tor]));
  await reconciler.wake();
  store.set(node('10.244.1.0/24'));
  await reconciler.wake();
  t.deepEqual(speaker.told[1], { listen: [], instances: [] });
  t.true(status().includes('ok policy: no CiliumBGPPeeringPolicy selects node node1'));
});

test('what a policy asks for in vain is told once with its line, and once when it is over', async (t) => {
  const { store, reconciler, log, status } = open();
  const refused = policy([tor], ', families: [{ afi: l2vpn, safi: evpn }]');
  store.set(refused, node());
  await reconciler.wake();
  await reconciler.wake();
  const words =
    'spec.virtualRouters[0].neighbors[0].families[0]: "l2vpn evpn": not supported yet; expected ipv4 or ipv6, unicast';
  t.deepEqual(log(), [
    'info policy rack0: nothing changed',
    `warn test.yaml:9: CiliumBGPPeeringPolicy/rack0: ${words}`,
  ]);
  t.deepEqual(status(), [
    `error policy rack0: test.yaml:9: ${words}`,
    'ok manifests: 2 objects from /manifests',
    'ok node: node1, no PodCIDR',
  ]);
  store.set(policy([tor]), node());
  await reconciler.wake();
  t.deepEqual(log().slice(2), ['info policy rack0: nothing changed', 'info CiliumBGPPeeringPolicy/rack0: works again']);
});

test("a store's fault is told once, changes nothing, and is over when it is mended", async (t) => {
  const { store, speaker, reconciler, log, status } = open();
  store.set(node(), policy([tor]));
  await reconciler.wake();
  const key = 'CiliumBGPPeeringPolicy/rack0';
  store.storeFaults = [{ where: 'a.yaml:7', object: key, message: 'spec.x: 1: no such field' }];
  await reconciler.wake();
  await reconciler.wake();
  t.is(speaker.told.length, 1);
  t.deepEqual(log().slice(1), ['error a.yaml:7: spec.x: 1: no such field; the running configuration stays']);
  t.deepEqual(
    status().filter((line) => line.includes('manifests:')),
    ['error manifests: a.yaml:7: spec.x: 1: no such field'],
  );
  store.storeFaults = [{ where: 'a.yaml:8', object: key, message: 'spec.y: 1: no such field' }];
  await reconciler.wake();
  t.deepEqual(log().slice(2), ['error a.yaml:8: spec.y: 1: no such field; the running configuration stays']);
  store.storeFaults = [];
  await reconciler.wake();
  t.deepEqual(log().slice(3), [`info ${key}: works again`]);
});

test('nothing works again while its file or object still has a problem', async (t) => {
  const { store, reconciler, log } = open();
  store.set(node(), policy([tor]));
  await reconciler.wake();
  const key = 'CiliumBGPPeeringPolicy/rack0';
  const steps: (readonly [line: number, object: string | undefined, extra: string])[] = [
    [3, undefined, ''],
    [7, key, ''],
    [3, undefined, ''],
    [7, key, ', families: [{ afi: ls, safi: ls }]'],
    [0, undefined, ', families: [{ afi: ls, safi: ls }]'],
    [0, undefined, ', families: [{ afi: l2vpn, safi: evpn }]'],
  ];
  for (const [line, object, extra] of steps) {
    store.storeFaults = line === 0 ? [] : [{ where: `test.yaml:${line}`, object, message: 'wrong' }];
    store.set(node(), policy([tor], extra));
    await reconciler.wake();
    t.deepEqual(
      log().filter((said) => said.includes('works again')),
      [],
    );
  }
  store.set(node(), policy([tor]));
  await reconciler.wake();
  t.deepEqual(
    log().filter((said) => said.includes('works again')),
    [`info ${key}: works again`],
  );
});

test('of two policies the younger is shown as a warning', async (t) => {
  const { store, reconciler, status } = open();
  store.set(node(), policy([tor]), policy([tor]).replace('rack0', 'rack1'));
  await reconciler.wake();
  const [warning] = status().filter((line) => line.startsWith('warning'));
  t.regex(
    warning,
    /^warning policy rack1: test\.yaml:\d+: spec\.nodeSelector: .*rack0 is in force; a node takes one policy$/,
  );
});

test('what the world refuses is shown, tried again, and over once it works', async (t) => {
  const { store, speaker, reconciler, runs, log, status } = open(20);
  speaker.problems = ['cannot listen on 0.0.0.0:179: address in use'];
  const annotated = node().replace(
    'name: node1',
    'name: node1, annotations: { cilium.io/bgp-virtual-router.65001: local-port=179 }',
  );
  store.set(annotated, policy([tor]));
  await reconciler.wake();
  t.true(status().includes('error speaker: cannot listen on 0.0.0.0:179: address in use'));
  speaker.problems = [];
  for (let waited = 0; speaker.told.length < 2 && waited < 200; waited++)
    await new Promise((done) => setTimeout(done, 10));
  await reconciler.wake();
  t.is(speaker.told.length, 2);
  t.deepEqual(log(), [
    'info BGP listens on [::]:179',
    'info policy rack0: nothing changed',
    'warn cannot listen on 0.0.0.0:179: address in use',
    'info BGP listens on 0.0.0.0:179',
    'info speaker: works again',
  ]);
  t.deepEqual([runs[0], runs.at(-1)], [true, false]);
  await reconciler.stop();
});

test('a configuration that the speaker did not take is not shown as running', async (t) => {
  const { store, speaker, reconciler, status } = open();
  speaker.fault = new TypeError('thread is gone');
  store.set(node(), policy([tor]));
  await reconciler.wake();
  t.deepEqual(reconciler.state.configured, []);
  t.true(status().includes('error speaker: the speaker took no configuration: thread is gone'));
  await reconciler.stop();
});

test('changes during a run lead to one more run, with the last state', async (t) => {
  const { store, speaker, reconciler } = open();
  store.set(node(), policy([tor]));
  let release = (): void => undefined;
  speaker.gate = new Promise((resolve) => (release = resolve));
  const first = reconciler.wake();
  for (const last of [5, 6, 7]) {
    store.set(node(), policy([tor, `192.0.2.${last}/32`]));
    void reconciler.wake();
  }
  release();
  await first;
  t.deepEqual(
    speaker.told.map(({ instances }) => instances[0].neighbors.map(({ address }) => address).join()),
    ['192.0.2.1', '192.0.2.1,192.0.2.7'],
  );
});

test('after stop nothing is told any more', async (t) => {
  const { store, speaker, reconciler } = open();
  await reconciler.stop();
  store.set(node(), policy([tor]));
  await reconciler.wake();
  t.deepEqual(speaker.told, []);
});

const secret = (password: string, namespace = 'kube-system'): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: tor, namespace: ${namespace} }\nstringData: { password: '${password}' }\n`;

test('a Secret comes, changes and goes: its password with it, and in between the session is held down', async (t) => {
  const { store, speaker, reconciler, log, status } = open();
  const wanting = policy([tor], ', authSecretRef: tor');
  const told = (): unknown => {
    const [{ password, heldDownReason }] = speaker.told.at(-1)?.instances[0].neighbors ?? [];
    return { password, heldDownReason };
  };
  const missing = { password: undefined, heldDownReason: 'Secret kube-system/tor is missing' };
  store.set(node(), wanting, secret('elsewhere', 'default'));
  await reconciler.wake();
  t.deepEqual(told(), missing);
  const words = 'authSecretRef: "tor": Secret kube-system/tor is missing: the session stays down';
  t.true(status().some((line) => line.startsWith('error policy rack0: ') && line.endsWith(words)));
  store.set(node(), wanting, secret('first-word'));
  await reconciler.wake();
  t.deepEqual(told(), { password: 'first-word', heldDownReason: undefined });
  store.set(node(), wanting, secret('other-word'));
  await reconciler.wake();
  t.deepEqual(told(), { password: 'other-word', heldDownReason: undefined });
  store.set(node(), wanting, secret(''));
  await reconciler.wake();
  t.deepEqual(told(), { password: undefined, heldDownReason: 'Secret kube-system/tor: its password is empty' });
  store.set(node(), wanting);
  await reconciler.wake();
  t.deepEqual(told(), missing);
  const said = [...log(), ...status()].join('\n');
  t.is(said.match(/is missing/g)?.length, 3);
  t.notRegex(said, /-word|elsewhere/);
});

test('the speaker begins before its first neighbor, and End-of-RIB may go once everything of the node is told', async (t) => {
  const { store, speaker, reconciler } = open();
  store.set(policy([tor]));
  await reconciler.wake();
  t.deepEqual(speaker.calls, []);
  speaker.fault = new Error('not now');
  store.set(node('10.244.1.0/24'), policy([tor]));
  await reconciler.wake();
  t.deepEqual(speaker.calls, ['begin 1', 'configure 1']);
  speaker.fault = undefined;
  await reconciler.wake();
  t.deepEqual(speaker.calls.slice(2), ['configure 1', 'synchronised']);
  store.set(node('10.244.1.0/24', '10.245.1.0/24'), policy([tor]));
  await reconciler.wake();
  t.deepEqual(speaker.calls.slice(4), ['configure 1']);
  await reconciler.stop();
});
