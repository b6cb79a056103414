// What a good CustomResourceDefinition makes the API serve: a Resource for each served version, with its columns. And whether its
// names are free (apiextensions-apiserver, naming controller).

import type { Json, JsonObject } from '../api/object.ts';
import type { PrinterColumn, Resource } from '../api/resource.ts';
import { compareVersions } from '../registry/version-order.ts';
import { formatAge } from './age.ts';
import { parseColumnPath, readColumnPath } from './column-path.ts';
import type { DefinedColumn, DefinedVersion, Definition, DefinitionNames } from './definition.ts';

const ageColumn: DefinedColumn = {
  name: 'Age',
  type: 'date',
  format: '',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  priority: 0,
  path: parseColumnPath('.metadata.creationTimestamp') ?? [],
};

export function toResources(definition: Definition): readonly Resource[] {
  return definition.versions.filter(({ isServed }) => isServed).map((version) => toResource(definition, version));
}

function toResource(definition: Definition, version: DefinedVersion): Resource {
  const { group, isNamespaced, names } = definition;
  const warning = version.deprecationWarning ?? writeDeprecation(definition, version);
  return {
    ...names,
    group,
    version: version.name,
    isNamespaced,
    isStorage: version.isStorage,
    deprecationWarning: version.isDeprecated ? warning : undefined,
    hasStatus: version.hasStatus,
    scale: version.scale,
    schema: version.schema,
    columns: (version.columns ?? [ageColumn]).map((column) => toColumn(column)),
    selectableFields: version.selectableFields,
  };
}

/** In upstream's words: with the version to take instead, when a newer one is served that is not deprecated itself. */
function writeDeprecation({ group, names, versions }: Definition, { name }: DefinedVersion): string {
  const instead = versions
    .filter((other) => other.isServed && !other.isDeprecated && compareVersions(other.name, name) < 0)
    .toSorted((a, b) => compareVersions(a.name, b.name))[0];
  const use = instead === undefined ? '' : `; use ${group}/${instead.name} ${names.kind}`;
  return `${group}/${name} ${names.kind} is deprecated${use}`;
}

function toColumn({ path, ...column }: DefinedColumn): PrinterColumn {
  return { ...column, read: (object, nowMs) => readCell(column.type, readColumnPath(path, object), nowMs) };
}

/** A value that is not of the column's type leaves the cell empty. */
function readCell(
  type: PrinterColumn['type'],
  found: readonly Json[],
  nowMs: number,
): string | number | boolean | undefined {
  const [first] = found;
  if (first === undefined || first === null) return undefined;
  switch (type) {
    case 'string':
      return found.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(' ');
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : undefined;
    case 'number':
      return typeof first === 'number' ? first : undefined;
    case 'boolean':
      return typeof first === 'boolean' ? first : undefined;
    case 'date': {
      const atMs = typeof first === 'string' ? Date.parse(first) : Number.NaN;
      return Number.isNaN(atMs) ? '<invalid>' : formatAge(nowMs - atMs);
    }
  }
}

/**
 * Conditions without the times that the caller knows; `others` are the resources of the same group, `accepted` the names that it has
 * already. Of several conflicts the last one is told, as upstream does.
 */
export function judgeNames(
  { names }: Definition,
  others: readonly Resource[],
  accepted?: DefinitionNames,
): readonly JsonObject[] {
  const taken = new Set(others.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]));
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]));
  const conflictsOf = (wanted: readonly string[], ours: readonly string[], used: ReadonlySet<string>): string => {
    const words = [...new Set(wanted.filter((name) => !ours.includes(name) && used.has(name)))].map(
      (name) => `"${name}" is already in use`,
    );
    return words.length > 1 ? `[${words.join(', ')}]` : words.join('');
  };
  const one = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>): string =>
    conflictsOf([names[field]], accepted === undefined ? [] : [accepted[field]], used);
  const conflict = [
    { reason: 'PluralConflict', message: one('plural', taken) },
    { reason: 'SingularConflict', message: one('singular', taken) },
    { reason: 'ShortNamesConflict', message: conflictsOf(names.shortNames, accepted?.shortNames ?? [], taken) },
    { reason: 'KindConflict', message: one('kind', kinds) },
    { reason: 'ListKindConflict', message: one('listKind', kinds) },
  ].findLast(({ message }) => message !== '');
  if (conflict !== undefined) {
    return [
      { type: 'NamesAccepted', status: 'False', ...conflict },
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    ];
  }
  return [
    { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ];
}
