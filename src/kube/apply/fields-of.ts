// Every field of a value, as a set: what a manager who applies it owns. Upstream: structured-merge-diff, typed.ToFieldSet.

import type { Json } from '../api/object.ts';
import { type FieldSet, isEmpty, noFields, union } from './field-set.ts';
import { fieldSchema, isFreeField, type Schema, shapeOf } from './shape.ts';

export function fieldsOf(value: Json | undefined, schema: Schema): FieldSet {
  const shape = shapeOf(value, schema);
  switch (shape.type) {
    case 'leaf':
      return noFields;
    case 'map': {
      const members = new Set<string>();
      const children = new Map<string, FieldSet>();
      for (const [name, field] of Object.entries(shape.map)) {
        if (field === undefined) continue;
        const element = `f:${name}`;
        const under = fieldSchema(schema, name);
        const child = fieldsOf(field, under);
        if (isLeaf(field, under) || isFreeField(schema, name)) members.add(element);
        if (!isEmpty(child)) children.set(element, child);
      }
      return { members, children };
    }
    case 'list': {
      const children = new Map<string, FieldSet>();
      for (const [index, element] of shape.elements.entries()) {
        const child = fieldsOf(shape.items[index], schema?.items);
        if (!isEmpty(child)) children.set(element, union(children.get(element) ?? noFields, child));
      }
      return { members: new Set(shape.elements), children };
    }
  }
}

/** Owned as a whole: what is no container, or an empty one. */
export function isLeaf(value: Json, schema: Schema): boolean {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return true;
  return shapeOf(value, schema).type === 'leaf';
}
