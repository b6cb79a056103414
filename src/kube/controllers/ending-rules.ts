// The rules of a custom kind whose definition is being deleted: what is there may still change, nothing new comes.

import { ApiError } from '../api/api-error.ts';
import type { KindRules } from '../registry/kind-rules.ts';

export function refuseNew(rules: KindRules): KindRules {
  return {
    prune: (object) => rules.prune(object),
    validate: (object, before) => rules.validate(object, before),
    prepare: (object, before) => {
      if (before !== undefined) return rules.prepare(object, before);
      throw new ApiError('MethodNotAllowed', 'create not allowed while custom resource definition is terminating');
    },
  };
}
