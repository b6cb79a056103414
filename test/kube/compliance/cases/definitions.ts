// Custom resources (Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions"; API reference,
// CustomResourceDefinition).

import { type Case, type Kind, kinds, type Scene } from '../scene.ts';
import type { JsonObject } from '#kube/api/object.ts';

const { definition } = kinds;

const gadgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      'x-kubernetes-validations': [{ rule: "self.size < 9 || self.color == 'red'", message: 'great ones are red' }],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        color: { type: 'string', enum: ['red', 'blue'], default: 'blue' },
        tag: { type: 'string', pattern: '^[a-z]+$' },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, n: { type: 'integer' } } },
        },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

/** A kind of its own for one case. */
async function serve(t: Parameters<Case['run']>[0], scene: Scene): Promise<Kind> {
  const group = `${scene.namespace}.example.com`;
  const kind: Kind = { group, version: 'v1', plural: 'gadgets', kind: 'Gadget', isNamespaced: true };
  const name = `gadgets.${group}`;
  t.teardown(() => scene.delete(definition, name).catch(() => undefined));
  await scene.create(definition, name, {
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: gadgetSchema },
          subresources: { status: {} },
        },
      ],
    },
  });
  await scene.until('it is established', async () => {
    const conditions = ((await scene.get(definition, name))['status'] as JsonObject | undefined)?.['conditions'];
    const all = (conditions ?? []) as readonly { type: string; status: string }[];
    return all.some(({ type, status }) => type === 'Established' && status === 'True');
  });
  await scene.until(
    'it is served',
    async () =>
      await scene.names(kind).then(
        () => true,
        () => false,
      ),
  );
  return kind;
}

const refusals: readonly (readonly [what: string, spec: JsonObject, words: RegExp])[] = [
  ['lacks what is required', {}, /spec\.size: Required value/],
  ['is of the wrong type', { size: 'big' }, /spec\.size: Invalid value: "string": .*must be of type integer: "string"/],
  ['is below its minimum', { size: 0 }, /spec\.size: Invalid value: 0: .*should be greater than or equal to 1/],
  [
    'is above its maximum',
    { size: 11, color: 'red' },
    /spec\.size: Invalid value: 11: .*should be less than or equal to 10/,
  ],
  [
    'is none of an enum',
    { size: 1, color: 'green' },
    /spec\.color: Unsupported value: "green": supported values: "red", "blue"/,
  ],
  [
    'does not match its pattern',
    { size: 1, tag: 'A1' },
    /spec\.tag: Invalid value: "A1": .*should match '\^\[a-z\]\+\$'/,
  ],
  ['breaks a rule in CEL', { size: 9 }, /spec: Invalid value: .*great ones are red/],
  [
    'has a key of a list twice',
    { size: 1, parts: [{ id: 'x' }, { id: 'x' }] },
    /spec\.parts\[1\]: Duplicate value: \{"id":"x"\}/,
  ],
];

export const definitions: readonly Case[] = [
  {
    title: 'a custom object gets its defaults, and its status through the subresource alone',
    run: async (t, scene) => {
      const gadget = await serve(t, scene);
      const made = await scene.create(gadget, 'g', { spec: { size: 2 }, status: { phase: 'no' } });
      t.deepEqual(made['spec'], { size: 2, color: 'blue' });
      t.is(made['status'], undefined);
      const told = await scene.update(gadget, { ...made, status: { phase: 'Ready' } }, 'status');
      t.deepEqual(told['status'], { phase: 'Ready' });
      t.is(told.metadata.generation, 1);
    },
  },
  ...refusals.map(([what, spec, words]): Case => ({
    title: `a field that ${what} is refused with path and reason`,
    run: async (t, scene) => {
      const gadget = await serve(t, scene);
      await scene.refused(scene.create(gadget, 'g', { spec }), 'Invalid', words);
      t.false(await scene.isThere(gadget, 'g'));
    },
  })),
  {
    title: 'a field that the schema does not have is refused under Strict and pruned under Ignore',
    run: async (t, scene) => {
      const gadget = await serve(t, scene);
      const object = scene.object(gadget, 'g', { spec: { size: 1, extra: true } });
      const collection = scene.in(gadget);
      const strict = scene.cluster.create(collection, object, { fieldManager: 'c', fieldValidation: 'Strict' });
      await scene.refused(strict, 'BadRequest', /strict decoding error: unknown field "spec\.extra"/);
      const kept = await scene.cluster.create(collection, object, { fieldManager: 'c', fieldValidation: 'Ignore' });
      t.deepEqual(kept['spec'], { size: 1, color: 'blue' });
    },
  },
  {
    title: 'a strategic merge patch of a custom object is an unsupported media type',
    run: async (t, scene) => {
      const gadget = await serve(t, scene);
      await scene.create(gadget, 'g', { spec: { size: 1 } });
      const asked = scene.patch(gadget, 'g', 'application/strategic-merge-patch+json', { spec: { size: 2 } });
      await scene.refused(asked, 'UnsupportedMediaType');
    },
  },
  {
    title: 'a definition that is deleted takes its objects along, and its kind is no longer served',
    run: async (t, scene) => {
      const gadget = await serve(t, scene);
      await scene.create(gadget, 'g', { spec: { size: 1 } });
      const name = `gadgets.${gadget.group}`;
      await scene.delete(definition, name);
      await scene.gone(definition, name);
      await scene.until(
        'it is not served',
        async () =>
          await scene.names(gadget).then(
            () => false,
            () => true,
          ),
      );
    },
  },
  {
    title: 'a definition whose name is not its plural and group is Invalid',
    run: async (_t, scene) => {
      const names = { plural: 'things', kind: 'Thing' };
      const schema = { openAPIV3Schema: { type: 'object' } };
      const versions = [{ name: 'v1', served: true, storage: true, schema }];
      const spec = { group: 'example.com', scope: 'Namespaced', names, versions };
      const asked = scene.create(definition, `wrong-${scene.namespace}.example.com`, { spec });
      await scene.refused(
        asked,
        'Invalid',
        /metadata\.name: Invalid value: .*must be spec\.names\.plural\+"\."\+spec\.group/,
      );
    },
  },
];
