// What the real kubectl prints beside its answers: warnings of what nothing acts on and of versions that are going, and the columns of
// the kinds that they are about.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kubectl as kubectlNeed, kubectlPath } from '#support/kubectl.ts';
import { environmentPath, needs } from '#support/skip.ts';
import { run, ServerProcess } from './server-process.ts';

const fixtures = join(import.meta.dirname, '../kube/examples/fixtures');
const requirements = [kubectlNeed];
const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n';

test(
  'kubectl prints what nothing acts on, and what is deprecated, as warnings',
  needs(requirements, async (t) => {
    const server = new ServerProcess(t);
    await server.start();
    const environment = { KUBECONFIG: server.kubeconfig, HOME: server.home };
    const kubectl = async (words: string, input = ''): Promise<string> =>
      (await run(kubectlPath, words.split(' '), { input, environment })).output;
    const bgp = await kubectl('apply -f -', namespace + readFileSync(join(fixtures, 'bgp.yaml'), 'utf8'));
    for (const line of [
      'Warning: CiliumBGPClusterConfig is stored and nothing acts on it yet',
      'Warning: cilium.io/v2alpha1 CiliumBGPPeerConfig is deprecated; use cilium.io/v2 CiliumBGPPeerConfig',
      'Warning: CiliumBGPPeeringPolicy spec.virtualRouters[0].serviceSelector: stored, and nothing acts on it yet',
      'Warning: apps/v1 Deployment is stored, not run: no controller makes Pods of it',
      'deployment.apps/till created',
    ]) {
      t.true(bgp.split('\n').includes(line), `${line}\n${bgp}`);
    }
    const policies = await kubectl('apply -f -', readFileSync(join(fixtures, 'policies.yaml'), 'utf8'));
    t.regex(policies, /^Warning: CiliumNetworkPolicy is stored and not enforced yet: /m);
    t.regex(policies, /^Warning: NetworkPolicy is stored and not enforced yet: /m);
    t.regex(policies, /CiliumNetworkPolicy.*"empty" is invalid/);
    const labelled = await kubectl('label cnp/shop -n shop seen=yes');
    t.is(labelled.trim(), 'ciliumnetworkpolicy.cilium.io/shop labeled');
    // Columns in upstream's order: of the namespaced kind the age goes first.
    t.regex(await kubectl('get cnp -n shop'), /^NAME +AGE +VALID\nshop +\d+s +\n$/);
    t.regex(await kubectl('get ccnp'), /^NAME +VALID\nnodes +\n$/);
    t.regex(await kubectl('get ippools'), /^NAME +DISABLED +CONFLICTING +IPS AVAILABLE +AGE\npublic +/);
    t.regex(await kubectl('get ciliumbgppeerconfigs.v2alpha1.cilium.io'), /^Warning: .*; use cilium\.io\/v2 /m);
  }),
);

test(
  'kubectl applies examples of upstream, and is refused the one that upstream’s schema refuses',
  needs([...requirements, environmentPath('WAGGLE_UPSTREAM')], async (t) => {
    const root = process.env['WAGGLE_UPSTREAM'] ?? '';
    const server = new ServerProcess(t);
    await server.start();
    const environment = { KUBECONFIG: server.kubeconfig, HOME: server.home };
    const apply = (file: string): Promise<{ readonly code: number; readonly output: string }> =>
      run(kubectlPath, ['apply', '-f', join(root, file)], { environment });
    for (const [file, count] of [
      ['policies/l7/http/http.yaml', 1],
      ['policies/l3/cidr/cidr.yaml', 1],
      ['policies/host/demo-host-policy.yaml', 1],
      ['labs/service/bgp.yaml', 5],
    ] as const) {
      const { code, output } = await apply(file);
      t.is(code, 0, output);
      t.is(output.split('\n').filter((line) => line.endsWith(' created')).length, count, output);
    }
    const { code, output } = await apply('policies/l3/requires/requires.yaml');
    t.is(code, 1);
    t.regex(output, /fromRequires: Too many: 1: must have at most 0 items|fromRequires\[0\]\.matchLabels/);
  }),
);
