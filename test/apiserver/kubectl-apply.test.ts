// Server-side apply through the real kubectl: who owns what, conflicts, taking over, leaving; built-in kinds and ours. Expectations are
// from the documentation ("Server-Side Apply") and kubectl's reference.

import test, { type ExecutionContext } from 'ava';
import { kubectl as kubectlNeed, kubectlPath } from '#support/kubectl.ts';
import { needs } from '#support/skip.ts';
import { run, ServerProcess } from './server-process.ts';

const requirements = [kubectlNeed];

interface Told {
  readonly code: number;
  readonly output: string;
}

async function begin(t: ExecutionContext): Promise<(words: string, input?: string) => Promise<Told>> {
  const server = new ServerProcess(t);
  await server.start();
  const environment = { KUBECONFIG: server.kubeconfig, HOME: server.home };
  return async (words, input = '') => {
    const { code, output } = await run(kubectlPath, words.split(' '), { input, environment });
    return { code, output: output.replaceAll(/^Warning: .*\n?/gm, '').trim() };
  };
}

const settings = (data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {${data}}\n`;

const deployment = (more: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  ${more}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "example.com/web:1"}]
`;

test(
  'kubectl apply --server-side: created, unchanged, conflicts that name the manager, taken over by force',
  needs(requirements, async (t) => {
    t.timeout(60_000);
    const kubectl = await begin(t);
    const apply = 'apply --server-side -f -';
    t.is((await kubectl(apply, settings('a: "1", b: "1"'))).output, 'configmap/settings serverside-applied');
    const version = 'get configmap settings -o jsonpath={.metadata.resourceVersion}';
    const before = (await kubectl(version)).output;
    t.is((await kubectl(apply, settings('a: "1", b: "1"'))).output, 'configmap/settings serverside-applied');
    t.is((await kubectl(version)).output, before, 'nothing was written');

    const conflict = await kubectl(`${apply} --field-manager=other`, settings('a: "2"'));
    t.is(conflict.code, 1);
    t.regex(
      conflict.output,
      /Apply failed with 1 conflict: conflict with "kubectl": \.data\.a\nPlease review the fields above/,
    );
    t.is((await kubectl(`${apply} --field-manager=other --force-conflicts`, settings('a: "2"'))).code, 0);
    t.is((await kubectl('get configmap settings -o jsonpath={.data}')).output, '{"a":"2","b":"1"}');

    t.is((await kubectl(apply, settings(''))).code, 0);
    t.is((await kubectl('get configmap settings -o jsonpath={.data}')).output, '{"a":"2"}', 'b was kubectl’s alone');

    const dry = await kubectl(`${apply} --dry-run=server`, settings('c: "1"'));
    t.is(dry.output, 'configmap/settings serverside-applied (server dry run)');
    t.is((await kubectl('get configmap settings -o jsonpath={.data}')).output, '{"a":"2"}');
    const diff = await kubectl('diff --server-side -f -', settings('c: "1"'));
    t.is(diff.code, 1);
    t.regex(diff.output, /^\+ {2}c: "1"$/m);
  }),
);

test(
  'managed fields are shown when they are asked for, and client-side apply becomes server-side',
  needs(requirements, async (t) => {
    t.timeout(60_000);
    const kubectl = await begin(t);
    t.is((await kubectl('apply -f -', deployment('replicas: 1'))).output, 'deployment.apps/web created');
    t.notRegex((await kubectl('get deployment web -o yaml')).output, /managedFields/);
    const shown = (await kubectl('get deployment web -o yaml --show-managed-fields')).output;
    t.regex(shown, /manager: kubectl-client-side-apply\n {4}operation: Update/);
    t.regex(shown, /k:\{"name":"web"\}/);

    const apply = 'apply --server-side -f -';
    const first = await kubectl(apply, deployment('replicas: 2'));
    t.regex(first.output, /conflict with "kubectl-client-side-apply" using apps\/v1: \.spec\.replicas/);
    t.is((await kubectl(apply, deployment('replicas: 1'))).output, 'deployment.apps/web serverside-applied');
    // Now it is its own: kubectl has moved what it owned by the other way.
    t.is((await kubectl(apply, deployment('replicas: 2'))).output, 'deployment.apps/web serverside-applied');
    t.is(
      (await kubectl('get deployment web -o jsonpath={.spec.replicas}')).output,
      '2',
      'what was its own by the other way',
    );
    t.regex(
      (await kubectl('get deployment web -o yaml --show-managed-fields')).output,
      /manager: kubectl\n {4}operation: Apply/,
    );

    t.is((await kubectl('scale deployment web --replicas=5')).code, 0);
    const conflict = await kubectl(apply, deployment('replicas: 2'));
    t.regex(conflict.output, /conflict with "kubectl" .*using apps\/v1: \.spec\.replicas/);
    t.is((await kubectl(apply, deployment('paused: false'))).code, 0);
    t.is((await kubectl('get deployment web -o jsonpath={.spec.replicas}')).output, '5', 'it is left to who scales');
    t.is(
      (
        await kubectl(
          'apply --server-side --subresource=status -f -',
          `${deployment('paused: false')}status: {replicas: 3}`,
        )
      ).code,
      0,
    );
    t.is((await kubectl('get deployment web -o jsonpath={.status.replicas}')).output, '3');
  }),
);

test(
  'our own kinds are applied by the server too, and faults are told by field',
  needs(requirements, async (t) => {
    t.timeout(60_000);
    const kubectl = await begin(t);
    const pool = (blocks: string): string =>
      `apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: blue}\nspec: {blocks: [${blocks}]}\n`;
    const apply = 'apply --server-side -f -';
    const created = await kubectl(apply, pool('{cidr: 192.0.2.0/24}'));
    t.is(created.output, 'ciliumloadbalancerippool.cilium.io/blue serverside-applied');
    t.is((await kubectl(apply, pool('{cidr: 198.51.100.0/24}'))).code, 0);
    t.is(
      (await kubectl('get ciliumloadbalancerippool blue -o jsonpath={.spec.blocks[*].cidr}')).output,
      '198.51.100.0/24',
    );
    const invalid = await kubectl(apply, pool('{cidr: nonsense}'));
    t.is(invalid.code, 1);
    t.regex(invalid.output, /is invalid: spec\.blocks\[0\]\.cidr/);
    const unknown = await kubectl(apply, pool('{cdir: 192.0.2.0/24}'));
    t.is(unknown.code, 1);
    t.regex(unknown.output, /unknown field|field not declared/);
    const custom = await kubectl(`${apply} --field-manager=other`, pool('{cidr: 203.0.113.0/24}'));
    t.regex(custom.output, /conflict with "kubectl": \.spec\.blocks/);
  }),
);
