// CustomResourceDefinitions: names that follow from others, the versions that objects may be stored in, and what never changes. What is
// wrong with one is the business of src/kube/schema.

import { type JsonObject, type KubeObject } from '../../api/object.ts';
import { type Approval, approvalAnnotation, judgeApproval } from '../../schema/api-approval.ts';
import { readDefinition } from '../../schema/definition.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, mapsAt, textAt, textsAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { checkImmutable, fillFields, withSpec } from './fill.ts';

export const definitionDetail: KindDetail = {
  fill: (definition) => {
    const filled = withSpec(definition, (spec) => {
      const kind = textAt(spec, 'names', 'kind');
      const names = kind === '' ? {} : { singular: kind.toLowerCase(), listKind: `${kind}List` };
      return { ...fillFields(spec, { conversion: { strategy: 'None' } }), names: fillFields(spec['names'], names) };
    });
    return { ...filled, status: rememberStored(mapAt(filled, 'status'), mapAt(filled, 'spec')) };
  },
  check: (definition, before, faults) => {
    faults.add(readDefinition(definition).causes);
    checkStored(definition, faults);
    checkApproval(definition, before, faults);
    if (!isEstablished(before)) return;
    checkImmutable(definition, before, ['spec', 'scope'], faults);
    checkImmutable(definition, before, ['spec', 'names', 'kind'], faults);
  },
};

/** What was stored once may still be there. */
function rememberStored(status: JsonObject, spec: JsonObject): JsonObject {
  const stored = textsAt(status, 'storedVersions');
  const now = mapsAt(spec, 'versions').find((version) => at(version, 'storage') === true);
  const name = textAt(now, 'name');
  return name === '' || stored.includes(name) ? status : { ...status, storedVersions: [...stored, name] };
}

function checkStored(definition: KubeObject, faults: Faults): void {
  const names = mapsAt(definition, 'spec', 'versions').map((version) => textAt(version, 'name'));
  for (const [index, name] of textsAt(definition, 'status', 'storedVersions').entries()) {
    if (names.includes(name)) continue;
    const words = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    faults.invalid(`status.storedVersions[${index}]`, name, words);
  }
}

/** What was let in as it is may stay so. */
function checkApproval(definition: KubeObject, before: KubeObject | undefined, faults: Faults): void {
  const judge = ({ metadata }: KubeObject): Approval | undefined =>
    judgeApproval(textAt(definition, 'spec', 'group'), metadata.annotations);
  const approval = judge(definition);
  if (approval === undefined || (before !== undefined && judge(before)?.reason === approval.reason)) return;
  const field = 'metadata.annotations';
  const { reason, message } = approval;
  if (reason === 'MissingAnnotation') faults.required(`${field}[${approvalAnnotation}]`, message);
  else if (reason === 'InvalidAnnotation') {
    faults.invalid(`${field}[${approvalAnnotation}]`, definition.metadata.annotations?.[approvalAnnotation], message);
  }
}

function isEstablished(definition: KubeObject | undefined): boolean {
  return mapsAt(definition, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Established' && textAt(condition, 'status') === 'True',
  );
}
