// What a write changes: the fields that are new or other than they were, and those that are gone. Upstream: structured-merge-diff,
// typed.Compare.

import type { Json, JsonObject } from '../api/object.ts';
import { isSameJson } from '../api/same-json.ts';
import { type FieldSet, isEmpty, noFields } from './field-set.ts';
import { fieldsOf, isLeaf } from './fields-of.ts';
import { fieldSchema, type Schema, type Shape, shapeOf } from './shape.ts';

export interface Comparison {
  /** New or other. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const nothing: Comparison = { changed: noFields, removed: noFields };

/**
 * `isTyped`: of a built-in kind, of which upstream compares structs of Go, that are never without some of their fields. Containers that
 * were not there at all are changed themselves, beside what is in them.
 */
export function compare(
  before: Json | undefined,
  after: Json | undefined,
  schema: Schema,
  isTyped: boolean,
): Comparison {
  if (before === after) return nothing;
  const [old, now] = [shapeOf(before, schema), shapeOf(after, schema)];
  if (old.type === 'map' && now.type === 'map') {
    return compareMaps(old.map, now.map, schema, isTyped);
  }
  if (isList(old) && isList(now)) return compareLists(old, now, schema?.items, isTyped);
  return nothing;
}

/** What both share, and that is most of an object, is passed over. */
function compareMaps(before: JsonObject, after: JsonObject, schema: Schema, isTyped: boolean): Comparison {
  const parts = (map: JsonObject, other: JsonObject): ReadonlyMap<string, Part> => {
    const found = new Map<string, Part>();
    for (const [name, value] of Object.entries(map)) {
      if (value === undefined || (Object.hasOwn(other, name) && other[name] === value)) continue;
      found.set(`f:${name}`, {
        value,
        schema: fieldSchema(schema, name),
        isAlwaysThere: isAlwaysThere(schema, name, isTyped),
      });
    }
    return found;
  };
  return compareParts(parts(before, after), parts(after, before), isTyped);
}

function compareLists(before: ListShape, after: ListShape, schema: Schema, isTyped: boolean): Comparison {
  const parts = ({ items, elements }: ListShape): ReadonlyMap<string, Part> =>
    new Map(elements.map((element, index) => [element, { value: items[index], schema, isAlwaysThere: false }]));
  return compareParts(parts(before), parts(after), isTyped);
}

interface Part {
  readonly value: Json;
  readonly schema: Schema;
  /** Even where nobody wrote it. */
  readonly isAlwaysThere: boolean;
}

/** What upstream's types hold by value, and what they write when it is empty. */
function isAlwaysThere(schema: Schema, name: string, isTyped: boolean): boolean {
  const { properties = {}, required = [] } = schema ?? {};
  if (Object.hasOwn(properties, name) && properties[name].isEmbedded === true) return true;
  return isTyped && required.includes(name);
}

type ListShape = Extract<Shape, { readonly type: 'list' }>;

/** A list that names an item twice is compared as a whole. */
function isList(shape: Shape): shape is ListShape {
  return shape.type === 'list' && shape.isUnique;
}

function compareParts(
  before: ReadonlyMap<string, Part>,
  after: ReadonlyMap<string, Part>,
  isTyped: boolean,
): Comparison {
  const [changed, removed] = [new Gathered(), new Gathered()];
  for (const [element, part] of after) {
    const old = before.get(element);
    if (old === undefined) {
      changed.addWhole(element, part, isTyped);
    } else if (isSameShape(old.value, part.value, part.schema)) {
      const inner = compare(old.value, part.value, part.schema, isTyped);
      changed.addChild(element, inner.changed);
      removed.addChild(element, inner.removed);
    } else if (!isSameJson(old.value, part.value)) {
      changed.addWhole(element, part, isTyped);
      changed.add(element);
      removed.addChild(element, fieldsOf(old.value, old.schema));
    }
  }
  for (const [element, { value, schema }] of before) {
    if (after.has(element)) continue;
    removed.add(element);
    removed.addChild(element, fieldsOf(value, schema));
  }
  return { changed: changed.set, removed: removed.set };
}

/** Whether both are containers of one kind, so that the difference is inside. */
function isSameShape(before: Json, after: Json, schema: Schema): boolean {
  const [old, now] = [shapeOf(before, schema), shapeOf(after, schema)];
  return (old.type === 'map' && now.type === 'map') || (isList(old) && isList(now));
}

class Gathered {
  readonly #members = new Set<string>();
  readonly #children = new Map<string, FieldSet>();

  get set(): FieldSet {
    return { members: this.#members, children: this.#children };
  }

  add(element: string): void {
    this.#members.add(element);
  }

  addChild(element: string, child: FieldSet): void {
    if (!isEmpty(child)) this.#children.set(element, child);
  }

  addWhole(element: string, { value, schema, isAlwaysThere: wasThere }: Part, isTyped: boolean): void {
    if (!wasThere || isLeaf(value, schema)) this.add(element);
    // Within it everything is new.
    this.addChild(element, compare(Array.isArray(value) ? [] : {}, value, schema, isTyped).changed);
  }
}
