// Creating, reading, changing and deleting one object (Kubernetes API concepts; API conventions, "Verbs on Resources", "Metadata",
// "Concurrency Control and Consistency").

import { type Case, kinds, writer } from '../scene.ts';

const { configMap, lease, deployment, secret } = kinds;

export const verbs: readonly Case[] = [
  {
    title: 'a created object is answered with uid, resourceVersion and creationTimestamp, and read back the same',
    run: async (t, scene) => {
      const made = await scene.create(configMap, 'a', { data: { k: 'v' } }, { labels: { l: '1' } });
      t.regex(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
      t.regex(made.metadata.resourceVersion ?? '', /^\d+$/);
      t.regex(made.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      t.is(made.metadata.namespace, scene.namespace);
      t.deepEqual(made['data'], { k: 'v' });
      t.deepEqual(await scene.get(configMap, 'a'), made);
    },
  },
  {
    title: 'an object of a name that is taken is AlreadyExists',
    run: async (_t, scene) => {
      await scene.create(configMap, 'a');
      await scene.refused(scene.create(configMap, 'a'), 'AlreadyExists', /^configmaps "a" already exists$/);
    },
  },
  {
    title: 'an object that is not there is NotFound, by name and kind',
    run: async (t, scene) => {
      const error = await scene.refused(scene.get(configMap, 'none'), 'NotFound', /^configmaps "none" not found$/);
      t.like(error.details, { name: 'none', kind: 'configmaps' });
    },
  },
  {
    title: 'generateName gets a suffix of five characters',
    run: async (t, scene) => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
      const made = await scene.cluster.create(scene.in(configMap), object, writer);
      t.regex(made.metadata.name ?? '', /^made-[a-z0-9]{5}$/);
      t.is(made.metadata.generateName, 'made-');
    },
  },
  {
    title: 'an object without a name is Invalid',
    run: async (_t, scene) => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} };
      const asked = scene.cluster.create(scene.in(configMap), object, writer);
      await scene.refused(asked, 'Invalid', /name or generateName is required/);
    },
  },
  {
    title: 'a name with capitals is Invalid, with its field',
    run: async (t, scene) => {
      const error = await scene.refused(scene.create(configMap, 'NotLower'), 'Invalid', /RFC 1123 subdomain/);
      t.like(error.details?.causes?.[0], { reason: 'FieldValueInvalid', field: 'metadata.name' });
    },
  },
  {
    title: 'an object of another namespace than that of the request is a BadRequest',
    run: async (_t, scene) => {
      const asked = scene.create(configMap, 'a', {}, { namespace: 'default' });
      await scene.refused(asked, 'BadRequest', /the namespace of the provided object does not match/);
    },
  },
  {
    title: 'an object in a namespace that is not there is NotFound',
    run: async (_t, scene) => {
      const collection = { ...scene.in(configMap), namespace: `none-${scene.namespace}` };
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
      await scene.refused(
        scene.cluster.create(collection, object, writer),
        'NotFound',
        /^namespaces "none-.*not found$/,
      );
    },
  },
  {
    title: 'a resourceVersion in an object to be created is refused',
    run: async (t, scene) => {
      // Upstream has no reason for it, and answers 500; the words are what people know.
      const asked = scene.create(configMap, 'a', {}, { resourceVersion: '1' });
      await t.throwsAsync(asked, { message: /resourceVersion should not be set on objects to be created/ });
      t.false(await scene.isThere(configMap, 'a'));
    },
  },
  {
    title: 'an update changes what it says, and the version grows',
    run: async (t, scene) => {
      const made = await scene.create(configMap, 'a', { data: { k: '1', gone: 'x' } });
      const changed = await scene.update(configMap, { ...made, data: { k: '2' } });
      t.deepEqual(changed['data'], { k: '2' });
      t.is(changed.metadata.uid, made.metadata.uid);
      t.true(BigInt(changed.metadata.resourceVersion ?? 0) > BigInt(made.metadata.resourceVersion ?? 0));
    },
  },
  {
    title: 'an update that changes nothing keeps the version',
    run: async (t, scene) => {
      const made = await scene.create(configMap, 'a', { data: { k: '1' } });
      const again = await scene.update(configMap, made);
      t.is(again.metadata.resourceVersion, made.metadata.resourceVersion);
    },
  },
  {
    title: 'an update of an older version is a Conflict, and changes nothing',
    run: async (t, scene) => {
      const made = await scene.create(configMap, 'a', { data: { k: '1' } });
      await scene.update(configMap, { ...made, data: { k: '2' } });
      const asked = scene.update(configMap, { ...made, data: { k: '3' } });
      await scene.refused(
        asked,
        'Conflict',
        /^Operation cannot be fulfilled on configmaps "a": the object has been modified/,
      );
      t.deepEqual((await scene.get(configMap, 'a'))['data'], { k: '2' });
    },
  },
  {
    title: 'an update without a version takes the object as it is',
    run: async (t, scene) => {
      await scene.create(configMap, 'a', { data: { k: '1' } });
      t.deepEqual((await scene.update(configMap, scene.object(configMap, 'a', { data: { k: '9' } })))['data'], {
        k: '9',
      });
    },
  },
  {
    title: 'an update of an object with another uid is a Conflict',
    run: async (_t, scene) => {
      const made = await scene.create(configMap, 'a');
      const other = { ...made, metadata: { ...made.metadata, uid: '00000000-0000-4000-8000-000000000000' } };
      await scene.refused(scene.update(configMap, other), 'Conflict', /Precondition failed: UID in precondition/);
    },
  },
  {
    title: 'an update of what is not there is NotFound',
    run: async (_t, scene) => {
      await scene.refused(scene.update(configMap, scene.object(configMap, 'none')), 'NotFound');
    },
  },
  {
    title: 'an update under another name than that of the path is a BadRequest',
    run: async (_t, scene) => {
      await scene.create(configMap, 'a');
      const asked = scene.cluster.update(scene.at(configMap, 'a'), scene.object(configMap, 'b'), writer);
      await scene.refused(asked, 'BadRequest', /the name of the object \(b\) does not match the name on the URL \(a\)/);
    },
  },
  {
    title: 'generation grows with the spec, not with labels',
    run: async (t, scene) => {
      const made = await scene.create(deployment, 'd', { spec: deploymentSpec(1) });
      t.is(made.metadata.generation, 1);
      const labelled = await scene.update(deployment, { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
      t.is(labelled.metadata.generation, 1);
      t.is((await scene.update(deployment, { ...labelled, spec: deploymentSpec(2) })).metadata.generation, 2);
    },
  },
  {
    title: 'the status subresource changes the status alone, and the object itself all but it',
    run: async (t, scene) => {
      const made = await scene.create(deployment, 'd', { spec: deploymentSpec(1), status: { replicas: 7 } });
      t.not((made['status'] as { replicas?: number } | undefined)?.replicas, 7);
      const given = { ...made, spec: deploymentSpec(5), status: { replicas: 3 } };
      const told = await scene.update(deployment, given, 'status');
      t.like(told, { spec: { replicas: 1 }, status: { replicas: 3 }, metadata: { generation: 1 } });
      const changed = await scene.update(deployment, { ...told, spec: deploymentSpec(4), status: { replicas: 0 } });
      t.like(changed, { spec: { replicas: 4 }, status: { replicas: 3 } });
    },
  },
  {
    title: 'a dry run answers as if and keeps nothing',
    run: async (t, scene) => {
      const object = scene.object(configMap, 'a', { data: { k: 'v' } });
      const made = await scene.cluster.create(scene.in(configMap), object, { ...writer, isDryRun: true });
      t.deepEqual(made['data'], { k: 'v' });
      t.false(await scene.isThere(configMap, 'a'));
    },
  },
  {
    title: 'an unknown field is refused under Strict, by its path',
    run: async (_t, scene) => {
      const asked = scene.create(lease, 'a', { spec: { holderIdentity: 'x', holder: 'y' } });
      await scene.refused(asked, 'BadRequest', /strict decoding error: unknown field "spec.holder"/);
    },
  },
  {
    title: 'an unknown field is dropped under Ignore',
    run: async (t, scene) => {
      const object = scene.object(lease, 'a', { spec: { holderIdentity: 'x', holder: 'y' } });
      const options = { ...writer, fieldValidation: 'Ignore' } as const;
      t.deepEqual((await scene.cluster.create(scene.in(lease), object, options))['spec'], { holderIdentity: 'x' });
    },
  },
  {
    title: 'a value of the wrong type is a BadRequest or Invalid, and nothing is kept',
    run: async (t, scene) => {
      await t.throwsAsync(scene.create(configMap, 'a', { data: { k: 1 } }));
      t.false(await scene.isThere(configMap, 'a'));
    },
  },
  {
    title: 'an immutable Secret stays as it is',
    run: async (_t, scene) => {
      const made = await scene.create(secret, 's', { immutable: true, stringData: { k: 'v' } });
      const asked = scene.update(secret, { ...made, data: { k: 'eA==' } });
      await scene.refused(asked, 'Invalid', /data: Forbidden: field is immutable when `immutable` is set/);
    },
  },
  {
    title: 'stringData of a Secret is kept as data, in base64',
    run: async (t, scene) => {
      const made = await scene.create(secret, 's', { stringData: { k: 'v' } });
      t.deepEqual(made['data'], { k: 'dg==' });
      t.is(made['stringData'], undefined);
      t.is(made['type'], 'Opaque');
    },
  },
];

export function deploymentSpec(replicas: number): { readonly [field: string]: never } {
  const labels = { app: 'web' };
  const containers = [{ name: 'web', image: 'example.com/web:1' }];
  return {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  } as never;
}
