// The resource version that a reader names, held against the newest there is (Kubernetes API concepts, "Resource versions"). Objects'
// own versions, which writers name, are write-rules.ts's.

import { ApiError, invalid } from '../api/api-error.ts';
import type { ListOptions } from '../api/api-port.ts';

/** Of lists and watches. Throws ApiError: BadRequest, or Timeout for a version that is yet to come. */
export function checkRevision(text: string | undefined, revision: number): void {
  if (text === undefined || text === '') return;
  if (!/^\d{1,15}$/.test(text)) {
    throw new ApiError('BadRequest', `Invalid value: "${text.slice(0, 64)}": resourceVersion must be a decimal number`);
  }
  if (Number(text) > revision) {
    const words = 'Too large resource version';
    throw new ApiError('Timeout', `${words}: ${text}, current: ${revision}`, {
      // What clients know it by: they list anew, without a version.
      causes: [{ reason: 'ResourceVersionTooLarge', message: words, field: '' }],
      retryAfterSeconds: 1,
    });
  }
}

/**
 * The one version that a list is to be of; undefined: the latest will do. A limit without a way to match means exactly, too (API
 * concepts, "Semantics for get and list"). Throws ApiError Invalid.
 */
export function exactVersion({
  resourceVersion = '',
  resourceVersionMatch,
  continueToken,
  limit = 0,
}: ListOptions): number | undefined {
  const isAny = resourceVersion === '' || resourceVersion === '0';
  if (resourceVersionMatch !== undefined) {
    if (continueToken !== undefined) throw forbidden('resourceVersionMatch is forbidden when continue is provided');
    if (resourceVersion === '') {
      throw forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (resourceVersionMatch === 'Exact' && isAny) {
      throw forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  const isExact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === undefined && limit > 0);
  return isExact && !isAny ? Number(resourceVersion) : undefined;
}

function forbidden(why: string): ApiError {
  const field = 'resourceVersionMatch';
  const message = `Forbidden: ${why}`;
  return invalid('meta.k8s.io', 'ListOptions', '', [{ reason: 'FieldValueForbidden', field, message }]);
}
