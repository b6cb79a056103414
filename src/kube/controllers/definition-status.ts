// The status of a CustomResourceDefinition: which of its names it may have, whether it is served, in which versions objects may be
// stored. What was accepted once stays accepted: whoever comes later yields. Pure. Upstream: apiextensions-apiserver, naming and
// establishing controllers.

import type { JsonObject, KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { mapAt, mapsAt, textAt, textsAt } from '../builtin/read-fields.ts';
import { judgeApproval } from '../schema/api-approval.ts';
import { judgeNames } from '../schema/crd-resources.ts';
import type { Definition, DefinitionNames } from '../schema/definition.ts';
import { isTrue, setCondition } from './conditions.ts';

/** Of what the status says; undefined: none were accepted yet. */
export function readAcceptedNames(object: KubeObject): DefinitionNames | undefined {
  const names = mapAt(object, 'status', 'acceptedNames');
  const [plural, kind] = [textAt(names, 'plural'), textAt(names, 'kind')];
  if (plural === '' || kind === '') return undefined;
  return {
    plural,
    kind,
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    listKind: textAt(names, 'listKind') || `${kind}List`,
    shortNames: textsAt(names, 'shortNames'),
    categories: textsAt(names, 'categories'),
  };
}

export function isEstablished(object: KubeObject): boolean {
  return isTrue(mapsAt(object, 'status', 'conditions'), 'Established');
}

/** `others`: what is served of the same group beside it. */
export function judgeStatus(
  object: KubeObject,
  definition: Definition,
  others: readonly Resource[],
  nowText: string,
): JsonObject {
  const status = mapAt(object, 'status');
  let conditions: readonly JsonObject[] = mapsAt(status, 'conditions');
  const judged = judgeNames(definition, others, readAcceptedNames(object));
  const isAccepted = isTrue(judged, 'NamesAccepted');
  for (const condition of judged) {
    // Who is served goes on under the names that it has.
    const isKept = condition['type'] === 'Established' && isTrue(conditions, 'Established');
    if (!isKept) conditions = setCondition(conditions, condition, nowText);
  }
  const approval = judgeApproval(definition.group, object.metadata.annotations);
  if (approval !== undefined) {
    const { status: is, reason, message } = approval;
    const type = 'KubernetesAPIApprovalPolicyConformant';
    conditions = setCondition(conditions, { type, status: is, reason, message }, nowText);
  }
  const stored = definition.versions.filter(({ isStorage }) => isStorage).map(({ name }) => name);
  return {
    ...status,
    conditions,
    acceptedNames: isAccepted ? writeNames(definition.names) : (status['acceptedNames'] ?? { plural: '', kind: '' }),
    storedVersions: [...new Set([...textsAt(status, 'storedVersions'), ...stored])],
  };
}

function writeNames({ plural, singular, shortNames, kind, listKind, categories }: DefinitionNames): JsonObject {
  return {
    plural,
    singular,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    kind,
    listKind,
    ...(categories.length === 0 ? {} : { categories }),
  };
}
