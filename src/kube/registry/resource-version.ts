// The resource version that a reader names, held against the newest there is (Kubernetes API concepts, "Resource versions"). Objects'
// own versions, which writers name, are write-rules.ts's.

import { ApiError } from '../api/api-error.ts';

/** Of lists and watches. Throws ApiError: BadRequest, or Timeout for a version that is yet to come. */
export function checkRevision(text: string | undefined, revision: number): void {
  if (text === undefined || text === '') return;
  if (!/^\d{1,15}$/.test(text)) {
    throw new ApiError('BadRequest', `Invalid value: "${text.slice(0, 64)}": resourceVersion must be a decimal number`);
  }
  if (Number(text) > revision) {
    throw new ApiError('Timeout', `Too large resource version: ${text}, current: ${revision}`, {
      retryAfterSeconds: 1,
    });
  }
}
