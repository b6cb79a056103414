// Deletion, finalizers, owners and namespaces (Kubernetes documentation, "Finalizers", "Garbage Collection", "Use Cascading Deletion in a
// Cluster", "Namespaces").

import { type Case, kinds, type Kind, type Scene, writer } from '../scene.ts';
import type { KubeObject } from '#kube/api/object.ts';

const { configMap, secret, namespace } = kinds;

const ownerOf = ({ apiVersion, kind, metadata }: KubeObject, blockOwnerDeletion = false) => ({
  ownerReferences: [{ apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '', blockOwnerDeletion }],
});

async function family(scene: Scene, metadata = {}): Promise<void> {
  const owner = await scene.create(configMap, 'owner');
  await scene.create(secret, 'child', {}, { ...ownerOf(owner, true), ...metadata });
}

async function release(scene: Scene, kind: Kind, name: string): Promise<void> {
  await scene.patch(kind, name, 'application/merge-patch+json', { metadata: { finalizers: null } });
}

export const lifecycle: readonly Case[] = [
  {
    title: 'a deleted object is gone',
    run: async (t, scene) => {
      await scene.create(configMap, 'a');
      await scene.delete(configMap, 'a');
      t.false(await scene.isThere(configMap, 'a'));
      await scene.refused(scene.delete(configMap, 'a'), 'NotFound');
    },
  },
  {
    title: 'an object with a finalizer stays, marked, until the finalizer is removed',
    run: async (t, scene) => {
      await scene.create(configMap, 'a', {}, { finalizers: ['example.com/hold'] });
      await scene.delete(configMap, 'a');
      const held = await scene.get(configMap, 'a');
      t.regex(held.metadata.deletionTimestamp ?? '', /^\d{4}-/);
      t.deepEqual(held.metadata.finalizers, ['example.com/hold']);
      await release(scene, configMap, 'a');
      await scene.gone(configMap, 'a');
    },
  },
  {
    title: 'an object that is being deleted takes no new finalizers',
    run: async (_t, scene) => {
      await scene.create(configMap, 'a', {}, { finalizers: ['example.com/hold'] });
      await scene.delete(configMap, 'a');
      const finalizers = ['example.com/hold', 'example.com/more'];
      const asked = scene.patch(configMap, 'a', 'application/merge-patch+json', { metadata: { finalizers } });
      await scene.refused(asked, 'Invalid', /no new finalizers can be added if the object is being deleted/);
      await release(scene, configMap, 'a');
    },
  },
  {
    title: 'a deletion of an object with another uid is a Conflict',
    run: async (t, scene) => {
      await scene.create(configMap, 'a');
      const preconditions = { uid: '00000000-0000-4000-8000-000000000000', resourceVersion: undefined };
      await scene.refused(
        scene.delete(configMap, 'a', { preconditions }),
        'Conflict',
        /the UID in the precondition \(0+-0000-4000-8000-0+\) does not match/,
      );
      t.true(await scene.isThere(configMap, 'a'));
    },
  },
  {
    title: 'a deletion of an older version is a Conflict',
    run: async (_t, scene) => {
      const made = await scene.create(configMap, 'a');
      await scene.update(configMap, { ...made, data: { k: 'v' } });
      const preconditions = { uid: undefined, resourceVersion: made.metadata.resourceVersion };
      await scene.refused(
        scene.delete(configMap, 'a', { preconditions }),
        'Conflict',
        /the ResourceVersion in the precondition \(\d+\) does not match/,
      );
    },
  },
  {
    title: 'in the background: the owner goes at once, what it owns after it',
    run: async (t, scene) => {
      await family(scene);
      await scene.delete(configMap, 'owner', { propagationPolicy: 'Background' });
      t.false(await scene.isThere(configMap, 'owner'));
      await scene.gone(secret, 'child');
    },
  },
  {
    title: 'in the foreground: the owner waits for what it owns',
    run: async (t, scene) => {
      await family(scene, { finalizers: ['example.com/hold'] });
      await scene.delete(configMap, 'owner', { propagationPolicy: 'Foreground' });
      await scene.until('the child is being deleted', async () => {
        return (await scene.get(secret, 'child')).metadata.deletionTimestamp !== undefined;
      });
      const owner = await scene.get(configMap, 'owner');
      t.deepEqual(owner.metadata.finalizers, ['foregroundDeletion']);
      await release(scene, secret, 'child');
      await scene.gone(configMap, 'owner');
    },
  },
  {
    title: 'orphaned: the owner goes, what it owned stays without it',
    run: async (t, scene) => {
      await family(scene);
      await scene.delete(configMap, 'owner', { propagationPolicy: 'Orphan' });
      await scene.gone(configMap, 'owner');
      const child = await scene.get(secret, 'child');
      t.deepEqual(child.metadata.ownerReferences ?? [], []);
    },
  },
  {
    title: 'an object whose owner never was is collected',
    run: async (_t, scene) => {
      const ghost = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'ghost', uid: '00000000-0000-4000-8000-000000000000' },
      };
      await scene.create(secret, 'orphan', {}, ownerOf(ghost));
      await scene.gone(secret, 'orphan');
    },
  },
  {
    title: 'an object with two owners stays while one of them does',
    run: async (t, scene) => {
      const [one, two] = [await scene.create(configMap, 'one'), await scene.create(configMap, 'two')];
      const ownerReferences = [one, two].flatMap((owner) => ownerOf(owner).ownerReferences);
      await scene.create(secret, 'child', {}, { ownerReferences });
      await scene.delete(configMap, 'one', { propagationPolicy: 'Background' });
      await scene.until('the first owner is forgotten', async () => {
        return (await scene.get(secret, 'child')).metadata.ownerReferences?.length === 1;
      });
      t.true(await scene.isThere(secret, 'child'));
    },
  },
  {
    title: 'a namespace that is deleted takes everything in it along',
    run: async (t, scene) => {
      const name = scene.name('doomed');
      await scene.create(namespace, name);
      const inside = { ...scene.in(configMap), namespace: name };
      await scene.cluster.create(inside, scene.object(configMap, 'a'), writer);
      t.like(await scene.get(namespace, name), { status: { phase: 'Active' } });
      await scene.delete(namespace, name);
      await scene.gone(namespace, name);
      await scene.refused(scene.cluster.get({ ...inside, name: 'a' }), 'NotFound');
    },
  },
  {
    title: 'a namespace that ends takes nothing new, and waits for finalizers in it',
    run: async (t, scene) => {
      const name = scene.name('ending');
      await scene.create(namespace, name);
      const inside = { ...scene.in(configMap), namespace: name };
      const held = scene.object(configMap, 'a', {}, { finalizers: ['example.com/hold'] });
      await scene.cluster.create(inside, held, writer);
      await scene.delete(namespace, name);
      t.like(await scene.get(namespace, name), { status: { phase: 'Terminating' } });
      const asked = scene.cluster.create(inside, scene.object(configMap, 'b'), writer);
      await scene.refused(asked, 'Forbidden', /because it is being terminated/);
      const body = { metadata: { finalizers: null } };
      const patch = { type: 'application/merge-patch+json', body, isForced: false } as const;
      await scene.cluster.patch({ ...inside, name: 'a' }, patch, writer);
      await scene.gone(namespace, name);
    },
  },
  {
    title: 'the namespaces default and kube-system are there',
    run: async (t, scene) => {
      const names = await scene.names(namespace);
      t.true(names.includes('default') && names.includes('kube-system'));
    },
  },
];
