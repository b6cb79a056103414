// The query of a request as the options of a verb. A parameter that nobody knows is ignored, as upstream does; a known one with a value
// that cannot be is refused by name.

import { ApiError } from '#kube/api/api-error.ts';
import type { DeleteOptions, FieldValidation, ListOptions, WatchOptions } from '#kube/api/api-port.ts';
import { isJsonObject, type Json } from '#kube/api/object.ts';

export type Query = URLSearchParams;

export function readListOptions(query: Query): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    throw refuse('resourceVersionMatch', match, 'Exact or NotOlderThan');
  }
  return {
    ...readSelection(query),
    limit: readInteger(query, 'limit'),
    continueToken: textOf(query, 'continue'),
    resourceVersion: textOf(query, 'resourceVersion'),
    resourceVersionMatch: match === '' ? undefined : match,
  };
}

export function readSelection(query: Query): {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
} {
  return { labelSelector: textOf(query, 'labelSelector'), fieldSelector: textOf(query, 'fieldSelector') };
}

export function readWatchOptions(query: Query): WatchOptions & { readonly timeoutSeconds: number | undefined } {
  return {
    ...readSelection(query),
    resourceVersion: textOf(query, 'resourceVersion'),
    allowBookmarks: readFlag(query, 'allowWatchBookmarks'),
    sendInitialEvents: readFlag(query, 'sendInitialEvents'),
    timeoutSeconds: readInteger(query, 'timeoutSeconds'),
  };
}

export function readFieldValidation(query: Query): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  switch (value) {
    case '':
    case 'Warn':
      return 'Warn';
    case 'Strict':
    case 'Ignore':
      return value;
    default:
      throw refuse('fieldValidation', value, 'Ignore, Warn or Strict');
  }
}

export function readDryRun(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) throw refuse('dryRun', wrong, 'All');
  return values.includes('All');
}

/** From the body of a DELETE, which wins, and from the query. */
export function readDeleteOptions(
  query: Query,
  body: Json | undefined,
): { readonly options: DeleteOptions; readonly isDryRun: boolean } {
  const said = body === undefined || body === null ? {} : body;
  if (!isJsonObject(said)) throw new ApiError('BadRequest', 'the body of a delete is a DeleteOptions object');
  if (said['kind'] !== undefined && said['kind'] !== 'DeleteOptions') {
    throw new ApiError(
      'BadRequest',
      `the body of a delete is a DeleteOptions object, not a ${JSON.stringify(said['kind'])}`,
    );
  }
  const { preconditions, dryRun } = said;
  const policy = said['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  const orphan =
    said['orphanDependents'] ?? (query.has('orphanDependents') ? readFlag(query, 'orphanDependents') : undefined);
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw refuse('propagationPolicy', JSON.stringify(policy), 'Background, Foreground or Orphan');
  }
  if (policy !== undefined && orphan !== undefined) {
    throw new ApiError('BadRequest', 'orphanDependents and propagationPolicy cannot be both set');
  }
  const grace = said['gracePeriodSeconds'] ?? readInteger(query, 'gracePeriodSeconds');
  if (grace !== undefined && (typeof grace !== 'number' || !Number.isInteger(grace) || grace < 0)) {
    throw refuse('gracePeriodSeconds', JSON.stringify(grace), 'seconds, 0 or more');
  }
  const conditions = isJsonObject(preconditions) ? preconditions : {};
  const inBody = Array.isArray(dryRun)
    ? dryRun.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    : [];
  return {
    options: {
      propagationPolicy: policy ?? (orphan === undefined ? undefined : orphan === true ? 'Orphan' : 'Background'),
      gracePeriodSeconds: grace,
      preconditions: { uid: stringOf(conditions['uid']), resourceVersion: stringOf(conditions['resourceVersion']) },
    },
    isDryRun: readDryRun([...query.getAll('dryRun'), ...inBody]),
  };
}

export function readFlag(query: Query, name: string): boolean {
  const value = query.get(name) ?? '';
  if (['', '0', 'false', 'False'].includes(value)) return value === '' && query.has(name);
  if (['1', 'true', 'True'].includes(value)) return true;
  throw refuse(name, value, 'true or false');
}

function readInteger(query: Query, name: string): number | undefined {
  const value = query.get(name) ?? '';
  if (value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) throw refuse(name, value, 'a whole number, 0 or more');
  return Number(value);
}

function textOf(query: Query, name: string): string | undefined {
  const value = query.get(name);
  return value === null || value === '' ? undefined : value;
}

function stringOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function refuse(name: string, value: string, expected: string): ApiError {
  return new ApiError(
    'BadRequest',
    `${name}: invalid value ${JSON.stringify(value.slice(0, 64))}: expected ${expected}`,
  );
}
