// Questions about permissions: objects that are answered and never stored. What allows what is rbac.ts.
// authorization.k8s.io/v1 and authentication.k8s.io/v1.

import { ApiError, invalid } from '#kube/api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '#kube/api/object.ts';
import { readJson } from '#kube/registry/read-object.ts';
import type { Identity } from './identity.ts';
import { type Action, findPermission, masters, type PolicyRule, type RbacObjects, rulesFor } from './rbac.ts';

/** What is created and not kept; discovery lists it beside what is. */
export interface ReviewKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly answer: (body: JsonObject, who: Identity, objects: RbacObjects) => JsonObject;
}

export const reviewKinds: readonly ReviewKind[] = [
  authorization('SelfSubjectAccessReview', 'selfsubjectaccessreviews', (body, who, objects) =>
    judge(readAction(body, 'SelfSubjectAccessReview'), who, objects),
  ),
  authorization('SubjectAccessReview', 'subjectaccessreviews', (body, _who, objects) =>
    judge(readAction(body, 'SubjectAccessReview'), readSubject(body), objects),
  ),
  authorization('SelfSubjectRulesReview', 'selfsubjectrulesreviews', listRules),
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    answer: (_body, { user, groups }) => ({ userInfo: { username: user, groups } }),
  },
];

/** Throws ApiError for a body that is no such question. */
export function answerReview(review: ReviewKind, body: unknown, who: Identity, objects: RbacObjects): JsonObject {
  const asked = readJson(body, 0);
  const apiVersion = `${review.group}/${review.version}`;
  if (!isJsonObject(asked)) throw new ApiError('BadRequest', 'the request body is not an object');
  if (asked['apiVersion'] !== apiVersion || asked['kind'] !== review.kind) {
    throw new ApiError('BadRequest', `the body of this request is a ${review.kind} of ${apiVersion}`);
  }
  const { metadata = {}, spec } = asked;
  const status = review.answer(asked, who, objects);
  return { kind: review.kind, apiVersion, metadata, ...(spec === undefined ? {} : { spec }), status };
}

function authorization(kind: string, plural: string, answer: ReviewKind['answer']): ReviewKind {
  return { group: 'authorization.k8s.io', version: 'v1', kind, plural, answer };
}

function judge(action: Action, who: Identity, objects: RbacObjects): JsonObject {
  const reason = findPermission(who, action, objects);
  return reason === undefined ? { allowed: false } : { allowed: true, reason };
}

function readAction(body: JsonObject, kind: string): Action {
  const { resourceAttributes, nonResourceAttributes } = specOf(body);
  const isOne = isJsonObject(resourceAttributes) !== isJsonObject(nonResourceAttributes);
  if (!isOne) {
    throw invalid('authorization.k8s.io', kind, '', [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified',
        field: 'spec.resourceAttributes',
      },
    ]);
  }
  if (isJsonObject(nonResourceAttributes)) {
    return {
      type: 'path',
      verb: textOf(nonResourceAttributes['verb']) ?? '*',
      path: textOf(nonResourceAttributes['path']) ?? '*',
    };
  }
  const { verb, group, resource, subresource, namespace, name } = isJsonObject(resourceAttributes)
    ? resourceAttributes
    : {};
  return {
    type: 'resource',
    verb: textOf(verb) ?? '*',
    group: textOf(group) ?? '',
    plural: textOf(resource) ?? '*',
    subresource: textOf(subresource),
    namespace: textOf(namespace),
    name: textOf(name),
  };
}

function readSubject(body: JsonObject): Identity {
  const { user, groups } = specOf(body);
  const texts = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
  return { user: textOf(user) ?? '', groups: texts };
}

function listRules(body: JsonObject, who: Identity, objects: RbacObjects): JsonObject {
  const namespace = textOf(specOf(body)['namespace']);
  if (namespace === undefined) {
    throw new ApiError('BadRequest', 'no namespace on request');
  }
  const everything: PolicyRule = {
    verbs: ['*'],
    apiGroups: ['*'],
    resources: ['*'],
    resourceNames: [],
    nonResourceURLs: ['*'],
  };
  const rules = who.groups.includes(masters)
    ? [everything]
    : [...rulesFor(who, namespace, objects)].map(({ rule }) => rule);
  return {
    resourceRules: rules
      .filter(({ resources }) => resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames.length === 0 ? {} : { resourceNames }),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function specOf(body: JsonObject): JsonObject {
  const { spec } = body;
  return isJsonObject(spec) ? spec : {};
}

/** '' is as good as nothing. */
function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
