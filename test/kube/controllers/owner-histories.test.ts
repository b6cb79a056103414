// Random histories of owners and dependents, with collectors that begin and end in between: whatever happened, in the end nobody is
// left whose owners are all gone, nobody refers to an owner that is gone, and nothing waits for what is not there.

import test from 'ava';
import type { KubeObject, OwnerReference } from '#kube/api/object.ts';
import { GarbageCollector } from '#kube/controllers/garbage-collector.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { Setting } from './setting.ts';

const configMaps = { plural: 'configmaps', namespace: 'home' };
const policies = ['Background', 'Foreground', 'Orphan', undefined] as const;
const histories = 6;
const steps = 120;

function ownedBy({ metadata: { name = '', uid = '' } }: KubeObject, blockOwnerDeletion: boolean): OwnerReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion };
}

function faultsOf(objects: readonly KubeObject[], isDoomed: (object: KubeObject) => boolean): readonly string[] {
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  return objects.flatMap((object) => {
    const { name, ownerReferences = [], finalizers = [] } = object.metadata;
    const absent = ownerReferences.filter(({ uid }) => !uids.has(uid));
    return [
      ...(absent.length > 0 ? [`${name} has ${absent.length} owners that are gone`] : []),
      ...(finalizers.length > 0 ? [`${name} waits for ${finalizers.join(', ')}`] : []),
      ...(isDoomed(object) ? [`${name} was deleted, and is there`] : []),
    ];
  });
}

const seed = takeSeed();

for (let history = 0; history < histories; history++) {
  test(`nothing is left over (seed ${seed}, history ${history})`, async (t) => {
    const random = randomFrom(seed + history);
    const below = (count: number): number => Math.floor(random() * count);
    const setting = new Setting(t);
    await setting.makeNamespace('home');
    const collect = (): GarbageCollector => {
      const one = new GarbageCollector({ ...setting.deps, subscribe: (told) => setting.served.subscribe(told) });
      one.start();
      return one;
    };
    let collector = collect();
    const deleted = new Set<string>();
    for (let step = 0; step < steps; step++) {
      const there = setting.objects(configMaps);
      const pick = (): KubeObject => there[below(there.length)];
      const choice = random();
      if (there.length === 0 || choice < 0.6) {
        const owners = there.length === 0 ? [] : Array.from({ length: below(3) }, pick);
        const references = [...new Set(owners)].map((owner) => ownedBy(owner, random() < 0.5));
        const metadata = references.length === 0 ? {} : { ownerReferences: references };
        await setting.create(configMaps, { name: `map-${step}`, ...metadata });
      } else if (choice < 0.9) {
        const { name = '', uid = '' } = pick().metadata;
        deleted.add(uid);
        await setting.delete(configMaps, name, policies[below(4)]);
      } else if (choice < 0.95) {
        collector.close();
        collector = collect();
      } else await setting.settle();
    }
    t.teardown(() => collector.close());
    await setting.settle();
    // What met a newer version is tried again.
    for (let round = 0; round < 5; round++) {
      setting.clock.advance(1_000);
      await setting.settle();
    }
    const left = setting.objects(configMaps);
    t.log(`${left.length} objects are left of ${setting.store.revision} changes, ${deleted.size} were deleted`);
    t.true(deleted.size > 10);
    t.deepEqual(
      faultsOf(left, ({ metadata: { uid = '' } }) => deleted.has(uid)),
      [],
    );
  });
}
