// The compliance cases against the cluster that WAGGLE_TEST_KUBECONFIG names, each in a namespace of its own that is removed; without
// the variable, one test that is skipped. CustomResourceDefinitions of the cases have names of their own and are removed too.

import test from 'ava';
import type { Cluster } from '#kube/cluster/cluster.ts';
import { openCluster } from '#kube/cluster/open-cluster.ts';
import { skip } from '../../support/skip.ts';
import { testCases } from './run-cases.ts';

const { WAGGLE_TEST_KUBECONFIG: file = '' } = process.env;
let cluster: Cluster | undefined;

if (file === '') {
  test('the compliance cases against a real cluster', (t) => {
    skip(t, 'WAGGLE_TEST_KUBECONFIG names no cluster');
  });
} else {
  test.before(async () => {
    cluster = await openCluster({ type: 'kubeconfig', file }, 'compliance', { rate: { perSecond: 50, burst: 100 } });
  });
  testCases(test, () => {
    if (cluster === undefined) throw new Error('the cluster was not opened');
    return cluster;
  });
}
