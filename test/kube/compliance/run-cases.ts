// Each case as a test against one cluster, in a namespace of its own that is removed afterwards. The cluster is opened once for all of
// them.

import type { TestFn } from 'ava';
import type { Cluster } from '#kube/cluster/cluster.ts';
import { type Need, needs } from '../../support/skip.ts';
import { cases } from './cases/index.ts';
import { kinds, Scene, writer } from './scene.ts';

export function testCases(test: TestFn, clusterOf: () => Cluster, needed: readonly Need[] = []): void {
  for (const [index, { title, run }] of cases.entries()) {
    test(
      title,
      needs(needed, async (t) => {
        t.timeout(60_000);
        const name = `compliance-${process.pid}-${index}`;
        const cluster = clusterOf();
        const scene = new Scene(t, cluster, name);
        const { namespace } = kinds;
        await cluster.create(scene.in(namespace), scene.object(namespace, name), writer);
        t.teardown(() => cluster.delete(scene.at(namespace, name), {}));
        await run(t, scene);
      }),
    );
  }
}
