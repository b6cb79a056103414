// The example documents of the project we are compatible with, where a copy lies at WAGGLE_UPSTREAM, and our own beside this file:
// each is applied to the embedded API.

import { join } from 'node:path';
import test from 'ava';
import { environmentPath, needs } from '#support/skip.ts';
import { applyDocuments, openEmbedded, readDocuments } from './apply-documents.ts';

const notEnforced = (kind: string): string =>
  `${kind} is stored and not enforced yet: traffic passes as if it were not there`;
const idle = (kind: string): string => `${kind} is stored and nothing acts on it yet`;

test('our own examples are taken, each with its warning, but the one that is wrong', async (t) => {
  const embedded = await openEmbedded(t);
  const documents = readDocuments(join(import.meta.dirname, 'fixtures'));
  const { applied, refused, warnings, others } = await applyDocuments(embedded, documents);
  t.is(applied, 9);
  t.is(refused.length, 1);
  t.regex(refused[0], /^policies\.yaml: CiliumNetworkPolicy: .*"empty" is invalid: .*spec/);
  t.deepEqual(others, {});
  t.deepEqual(warnings, {
    [idle('CiliumBGPClusterConfig')]: 1,
    [idle('CiliumBGPPeerConfig')]: 1,
    [idle('CiliumLoadBalancerIPPool')]: 1,
    'CiliumBGPPeeringPolicy spec.virtualRouters[0].serviceSelector: stored, and nothing acts on it yet': 1,
    'cilium.io/v2alpha1 CiliumBGPPeerConfig is deprecated; use cilium.io/v2 CiliumBGPPeerConfig': 1,
    'cilium.io/v2alpha1 CiliumBGPPeeringPolicy is deprecated; use cilium.io/v2 CRDs (CiliumBGPClusterConfig, CiliumBGPPeerConfig, CiliumBGPAdvertisement, CiliumBGPNodeConfigOverride) to configure BGP.': 1,
    'apps/v1 Deployment is stored, not run: no controller makes Pods of it': 1,
    [notEnforced('CiliumNetworkPolicy')]: 1,
    [notEnforced('CiliumClusterwideNetworkPolicy')]: 1,
    [notEnforced('NetworkPolicy')]: 1,
  });
});

test(
  'every example of upstream is taken, but the one that upstream’s schema refuses too',
  needs([environmentPath('WAGGLE_UPSTREAM')], async (t) => {
    const root = process.env['WAGGLE_UPSTREAM'] ?? '';
    const embedded = await openEmbedded(t);
    const documents = ['policies', 'labs'].flatMap((folder) => readDocuments(join(root, folder)));
    const { applied, refused, warnings, others } = await applyDocuments(embedded, documents);
    t.is(applied, 110);
    t.deepEqual(refused, [
      'l3/requires/requires.yaml: CiliumNetworkPolicy: CiliumNetworkPolicy.cilium.io "requires-rule" is invalid: ' +
        'specs[0].ingress[0].fromRequires: Too many: 1: must have at most 0 items',
    ]);
    // Of the group of kind, which makes clusters of containers.
    t.deepEqual(others, { 'kind.x-k8s.io/v1alpha4 Cluster': 5 });
    t.is(warnings[notEnforced('CiliumNetworkPolicy')], 44);
    t.is(warnings[notEnforced('CiliumClusterwideNetworkPolicy')], 10);
    // A field of an earlier version, which API servers drop with a warning.
    t.is(warnings['unknown field "spec.egress[0].auth"'], 1);
  }),
);
