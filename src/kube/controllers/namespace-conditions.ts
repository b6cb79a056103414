// What a namespace that is going says of itself: what is still in it and what holds that. Pure. Types, reasons and messages are
// upstream's (namespace deletion, status conditions), since people search for them.

import type { JsonObject, KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { setCondition } from './conditions.ts';

export interface Content {
  readonly resource: Resource;
  readonly objects: readonly KubeObject[];
}

/** `remaining`: after everything was asked to go; `errors`: what could not be asked. */
export function judgeContent(
  before: readonly JsonObject[],
  remaining: readonly Content[],
  errors: readonly string[],
  nowText: string,
): readonly JsonObject[] {
  const counts = remaining.map(
    ({ resource: { plural, group }, objects }) => `${plural}.${group} has ${objects.length} resource instances`,
  );
  const byFinalizer = new Map<string, number>();
  for (const { metadata } of remaining.flatMap(({ objects }) => objects)) {
    for (const name of metadata.finalizers ?? []) byFinalizer.set(name, (byFinalizer.get(name) ?? 0) + 1);
  }
  const finalizers = [...byFinalizer].map(([name, count]) => `${name} in ${count} resource instances`);
  const join = (words: readonly string[]): string => words.toSorted().join(', ');
  const judged = [
    is('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    is(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    errors.length === 0
      ? is(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : is(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${errors.length} remaining: ${join(errors)}`,
          'True',
        ),
    counts.length === 0
      ? is('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed')
      : is('NamespaceContentRemaining', 'SomeResourcesRemain', `Some resources are remaining: ${join(counts)}`, 'True'),
    finalizers.length === 0
      ? is('NamespaceFinalizersRemaining', 'ContentRemoved', 'All content successfully removed')
      : is(
          'NamespaceFinalizersRemaining',
          'SomeFinalizerRemain',
          `Some finalizers are remaining: ${join(finalizers)}`,
          'True',
        ),
  ];
  let conditions = before;
  for (const condition of judged) conditions = setCondition(conditions, condition, nowText);
  return conditions;
}

function is(type: string, reason: string, message: string, status = 'False'): JsonObject {
  return { type, status, reason, message };
}
