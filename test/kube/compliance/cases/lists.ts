// Lists: pieces, selectors, versions (Kubernetes API concepts, "Retrieving large results sets in chunks", "Resource versions"; Labels and
// Selectors; Field Selectors).

import type { ListOptions } from '#kube/api/api-port.ts';
import { type Case, kinds, type Scene } from '../scene.ts';

const { configMap, pod } = kinds;

async function fill(scene: Scene): Promise<void> {
  for (const [name, labels] of [
    ['a', { tier: 'front', app: 'web' }],
    ['b', { tier: 'back', app: 'web' }],
    ['c', { tier: 'back' }],
    ['d', {}],
  ] as const) {
    await scene.create(configMap, name, {}, { labels });
  }
}

/** Our own, without what a cluster puts into every namespace. */
async function select(scene: Scene, labelSelector: string): Promise<string> {
  const names = await scene.names(configMap, { labelSelector });
  return names.filter((name) => name !== 'kube-root-ca.crt').join(' ');
}

const selectors: readonly (readonly [selector: string, names: string])[] = [
  ['tier=back', 'b c'],
  ['tier==front', 'a'],
  ['tier!=back', 'a d'],
  ['tier in (front,back),app', 'a b'],
  ['tier notin (front)', 'b c d'],
  ['app', 'a b'],
  ['!tier', 'd'],
  ['app=web,tier=none', ''],
];

export const lists: readonly Case[] = [
  ...selectors.map(([selector, names]): Case => ({
    title: `labelSelector ${selector} finds "${names}"`,
    run: async (t, scene) => {
      await fill(scene);
      t.is(await select(scene, selector), names);
    },
  })),
  {
    title: 'fieldSelector metadata.name finds the one object',
    run: async (t, scene) => {
      await fill(scene);
      t.deepEqual(await scene.names(configMap, { fieldSelector: 'metadata.name=c' }), ['c']);
    },
  },
  {
    title: 'fieldSelector spec.nodeName finds the pods of a node',
    run: async (t, scene) => {
      const containers = [{ name: 'c', image: 'example.com/c:1' }];
      await scene.create(pod, 'here', { spec: { nodeName: `n-${scene.namespace}`, containers } });
      await scene.create(pod, 'nowhere', { spec: { containers } });
      t.deepEqual(await scene.names(pod, { fieldSelector: `spec.nodeName=n-${scene.namespace}` }), ['here']);
    },
  },
  {
    title: 'a field that no selector may name is a BadRequest that names it',
    run: async (_t, scene) => {
      const asked = scene.names(configMap, { fieldSelector: 'data.k=v' });
      await scene.refused(asked, 'BadRequest', /field label not supported: data\.k/);
    },
  },
  {
    title: 'a label selector that cannot be read is a BadRequest',
    run: async (_t, scene) => {
      await scene.refused(
        scene.names(configMap, { labelSelector: 'a in (' }),
        'BadRequest',
        /unable to parse requirement/,
      );
    },
  },
  {
    title: 'a list in pieces has every object once, in the order of names, as of one version',
    run: async (t, scene) => {
      const wanted = Array.from({ length: 7 }, (_, index) => `m${index}`);
      for (const name of wanted) await scene.create(configMap, name, {}, { labels: { piece: 'yes' } });
      const options = { labelSelector: 'piece=yes', limit: 3 };
      const first = await scene.cluster.list(scene.in(configMap), options);
      t.is(first.items.length, 3);
      await scene.create(configMap, 'm00', {}, { labels: { piece: 'yes' } });
      const seen = first.items.map(({ metadata }) => metadata.name);
      let token = first.continueToken;
      while (token !== undefined) {
        const page = await scene.cluster.list(scene.in(configMap), { ...options, continueToken: token });
        t.is(page.resourceVersion, first.resourceVersion);
        seen.push(...page.items.map(({ metadata }) => metadata.name));
        token = page.continueToken;
      }
      t.deepEqual(seen, wanted);
    },
  },
  {
    title: 'a token that cannot be read is a BadRequest',
    run: async (_t, scene) => {
      const asked = scene.cluster.list(scene.in(configMap), { limit: 1, continueToken: 'nonsense' });
      await scene.refused(asked, 'BadRequest', /continue key is not valid/);
    },
  },
  {
    title: 'a list of exactly a version has what there was then, changes and deletions undone',
    run: async (t, scene) => {
      await scene.create(configMap, 'gone', { data: { k: 'then' } }, { labels: { exact: 'yes' } });
      await scene.create(configMap, 'kept', { data: { k: 'then' } }, { labels: { exact: 'yes' } });
      const { resourceVersion } = await scene.cluster.list(scene.in(configMap), {});
      await scene.patch(configMap, 'kept', 'application/merge-patch+json', { data: { k: 'now' } });
      await scene.delete(configMap, 'gone');
      await scene.create(configMap, 'later', {}, { labels: { exact: 'yes' } });
      const options = { labelSelector: 'exact=yes', resourceVersion };
      const then = await scene.cluster.list(scene.in(configMap), { ...options, resourceVersionMatch: 'Exact' });
      t.deepEqual(
        then.items.map(({ metadata, data }) => [metadata.name, data]),
        [
          ['gone', { k: 'then' }],
          ['kept', { k: 'then' }],
        ],
      );
      t.is(then.resourceVersion, resourceVersion);
      const since = await scene.cluster.list(scene.in(configMap), { ...options, resourceVersionMatch: 'NotOlderThan' });
      t.deepEqual(
        since.items.map(({ metadata }) => metadata.name),
        ['kept', 'later'],
      );
      const pieces = await scene.cluster.list(scene.in(configMap), { ...options, limit: 5 });
      t.is(pieces.resourceVersion, resourceVersion, 'a limit without a way to match means exactly');
    },
  },
  {
    title: 'a way to match versions without a version, or exactly any version, is Invalid',
    run: async (_t, scene) => {
      const list = (options: Partial<ListOptions>): Promise<unknown> =>
        scene.cluster.list(scene.in(configMap), { ...options, resourceVersionMatch: 'Exact' });
      await scene.refused(list({}), 'Invalid', /resourceVersionMatch is forbidden unless resourceVersion is provided/);
      await scene.refused(list({ resourceVersion: '0' }), 'Invalid', /is forbidden for resourceVersion "0"/);
    },
  },
  {
    title: 'a list of all namespaces has the objects of each',
    run: async (t, scene) => {
      await scene.create(configMap, 'everywhere', {}, { labels: { of: scene.namespace } });
      const all = { ...scene.in(configMap), namespace: undefined };
      const { items } = await scene.cluster.list(all, { labelSelector: `of=${scene.namespace}` });
      t.deepEqual(
        items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
        [`${scene.namespace}/everywhere`],
      );
    },
  },
  {
    title: 'items of a list say what they are to this client',
    run: async (t, scene) => {
      await scene.create(configMap, 'a');
      const { items } = await scene.cluster.list(scene.in(configMap), { fieldSelector: 'metadata.name=a' });
      t.like(items[0], { apiVersion: 'v1', kind: 'ConfigMap' });
    },
  },
  {
    title: 'a kind that is not served is NotFound',
    run: async (_t, scene) => {
      const collection = { group: 'none.example.com', version: 'v1', plural: 'nones', namespace: scene.namespace };
      await scene.refused(
        scene.cluster.list(collection, {}),
        'NotFound',
        /the server could not find the requested resource/,
      );
    },
  },
];
