// What somebody who writes an object is told of what is not acted on in it: as warnings of the API, and for good as a condition or an
// Event. Pure: the object alone decides.

import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isSameJson } from '../api/same-json.ts';
import { listIdleFields } from './idle-fields.ts';
import { coverages } from './table.ts';

export interface Notice {
  /** Of a condition and an Event. */
  readonly reason: 'NotEnforced' | 'NotActedOn';
  readonly message: string;
}

type Kind = Pick<Resource, 'group' | 'version' | 'plural' | 'kind'>;

/** Longer lists are told in part: an Event's message may have 1,024 octets. */
const maxFields = 8;
const maxFieldLength = 110;

/**
 * Texts of warnings for a write that made `object` of `before` (undefined: it is new). Nothing is said of a write that leaves the spec
 * as it was: a label, a status.
 */
export function listWarnings(kind: Kind, object: KubeObject, before: KubeObject | undefined): readonly string[] {
  if (before !== undefined && isSameJson(contentOf(object), contentOf(before))) return [];
  const coverage = coverageOf(kind);
  if (coverage === undefined) return [];
  const whole = `${kind.kind} is stored and nothing acts on it yet`;
  switch (coverage.type) {
    case 'workload':
      return before === undefined
        ? [`${kind.group}/${kind.version} ${kind.kind} is stored, not run: no controller makes Pods of it`]
        : [];
    case 'nothing':
    case 'nothing-of-agents':
      return [whole];
    case 'policy':
      return [`${kind.kind} is stored and not enforced yet: traffic passes as if it were not there`];
    case 'fields':
      return shorten(listIdleFields(object, coverage.acted)).map(
        (field) => `${kind.kind} ${field}: stored, and nothing acts on it yet`,
      );
  }
}

/** What stays to be told of an object as it is; undefined: nothing. */
export function noticeOf(kind: Kind, object: KubeObject): Notice | undefined {
  const coverage = coverageOf(kind);
  switch (coverage?.type) {
    case 'policy':
      return {
        reason: 'NotEnforced',
        message: 'The policy is stored and not enforced yet: traffic passes as if it were not there',
      };
    case 'nothing':
      return { reason: 'NotActedOn', message: `The ${kind.kind} is stored and nothing acts on it yet` };
    case 'fields': {
      const fields = shorten(listIdleFields(object, coverage.acted));
      if (fields.length === 0) return undefined;
      return { reason: 'NotActedOn', message: `Stored, and nothing acts on it yet: ${fields.join(', ')}` };
    }
    case undefined:
    case 'workload':
    case 'nothing-of-agents':
      return undefined;
  }
}

function coverageOf({ group, plural }: Kind): (typeof coverages)[string] | undefined {
  const key = `${group}/${plural}`;
  return Object.hasOwn(coverages, key) ? coverages[key] : undefined;
}

/** What its author says: CiliumNetworkPolicy has specs beside spec, and some kinds have neither (CiliumCIDRGroup has). */
function contentOf(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, apiVersion: _apiVersion, ...content } = object;
  return content;
}

function shorten(fields: readonly string[]): readonly string[] {
  const told = fields.slice(0, maxFields).map((field) => field.slice(0, maxFieldLength));
  const rest = fields.length - told.length;
  return rest === 0 ? told : [...told, `and ${rest} more fields`];
}
