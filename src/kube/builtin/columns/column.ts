// What the columns of built-in kinds are made of: ages, lists that end in `+ 2 more...`, selectors, containers. The kinds themselves
// are in the files of their groups. Wordings are those of Kubernetes' own tables.

import { type Json, type JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { formatAge } from '../../schema/age.ts';
import { at, mapAt, mapsAt, textAt, textsAt } from '../read-fields.ts';

export function column(
  name: string,
  description: string,
  read: PrinterColumn['read'],
  { type = 'string', priority = 0 }: { readonly type?: PrinterColumn['type']; readonly priority?: number } = {},
): PrinterColumn {
  return { name, type, format: '', description, priority, read };
}

/** Only with `-o wide`. */
export function wideColumn(name: string, description: string, read: PrinterColumn['read']): PrinterColumn {
  return column(name, description, read, { priority: 1 });
}

export const ageColumn = column('Age', 'Time since the object was created.', (object, nowMs) =>
  showAge(at(object, 'metadata', 'creationTimestamp'), nowMs),
);

/** Of kinds without a table of their own upstream. */
export const createdAtColumn = column(
  'Created At',
  'Time at which the object was created.',
  (object) => textAt(object, 'metadata', 'creationTimestamp'),
  { type: 'date' },
);

export function showAge(timestamp: Json | undefined, nowMs: number): string {
  const thenMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(thenMs) ? '<unknown>' : formatAge(nowMs - thenMs);
}

export function orNone(text: string): string {
  return text === '' ? '<none>' : text;
}

/** The first three; how many more there are. */
export function showSome(items: readonly string[], separator = ','): string {
  const shown = items.slice(0, 3).join(separator);
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

/** `app=web,tier=front`, in the order of keys. */
export function showLabels(labels: JsonObject): string {
  return orNone(
    Object.keys(labels)
      .toSorted()
      .map((key) => `${key}=${textAt(labels, key)}`)
      .join(','),
  );
}

/** matchLabels and matchExpressions as a query would say them. */
export function showSelector(selector: Json | undefined): string {
  const labels = mapAt(selector, 'matchLabels');
  const terms = Object.keys(labels).map((key) => ({ key, text: `${key}=${textAt(labels, key)}` }));
  for (const expression of mapsAt(selector, 'matchExpressions')) {
    const key = textAt(expression, 'key');
    terms.push({ key, text: showExpression(key, expression) });
  }
  return orNone(
    terms
      .toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)))
      .map(({ text }) => text)
      .join(','),
  );
}

function showExpression(key: string, expression: JsonObject): string {
  const values = textsAt(expression, 'values').toSorted().join(',');
  switch (textAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return '<error>';
  }
}

export const containersColumn = wideColumn('Containers', 'Names of the containers of the template.', (object) =>
  textsOfContainers(object, 'name'),
);

export const imagesColumn = wideColumn('Images', 'Images of the containers of the template.', (object) =>
  textsOfContainers(object, 'image'),
);

export const selectorColumn = wideColumn('Selector', 'Labels of the pods that belong to it.', (object) =>
  showSelector(at(object, 'spec', 'selector')),
);

function textsOfContainers(object: JsonObject, field: 'name' | 'image'): string {
  return mapsAt(object, 'spec', 'template', 'spec', 'containers')
    .map((container) => textAt(container, field))
    .join(',');
}
