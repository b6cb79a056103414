// Metadata that is right for every kind, built-in or custom: names, labels, annotations, owners, finalizers (apimachinery, ObjectMeta
// validation). How a name may look is the kind's business. Types have been checked when the object was read.

import type { StatusCause } from '../api/api-error.ts';
import { isJsonObject, type Json, type KubeObject, type OwnerReference } from '../api/object.ts';
import { Faults } from '../schema/faults.ts';
import { checkLabelValue, checkQualifiedName, checkSubdomain, type NameRule } from './name-rules.ts';

const maxAnnotationBytes = 256 * 1_024;
const path = 'metadata';

/** `before`: what is in its place; a name that was let in once is not asked again. */
export function validateMetadata(
  { metadata }: KubeObject,
  before: KubeObject | undefined,
  nameRule: NameRule = checkSubdomain,
): readonly StatusCause[] {
  const faults = new Faults();
  const {
    name = '',
    generateName = '',
    labels = {},
    annotations = {},
    finalizers = [],
    ownerReferences = [],
  } = metadata;
  if (before === undefined) {
    // What is generated goes on behind a dash.
    const stem = generateName.replace(/-$/, 'a');
    if (generateName !== '') tell(faults, `${path}.generateName`, generateName, nameRule(stem));
    if (name === '') faults.required(`${path}.name`, 'name or generateName is required');
    else tell(faults, `${path}.name`, name, nameRule(name));
  }
  checkLabels(labels, `${path}.labels`, faults);
  checkAnnotations(annotations, `${path}.annotations`, faults);
  checkOwners(ownerReferences, `${path}.ownerReferences`, faults);
  for (const finalizer of finalizers) {
    tell(faults, `${path}.finalizers`, finalizer, checkQualifiedName(finalizer));
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    faults.invalid(`${path}.finalizers`, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
  return faults.causes;
}

/** Labels of objects, of templates, and of selectors that are maps. */
export function checkLabels(labels: Json | undefined, field: string, faults: Faults): void {
  if (!isJsonObject(labels)) return;
  for (const [key, value] of Object.entries(labels)) {
    tell(faults, field, key, checkQualifiedName(key));
    if (typeof value === 'string') tell(faults, field, value, checkLabelValue(value));
  }
}

/** Keys are qualified names in any case. */
export function checkAnnotations(annotations: Readonly<Record<string, string>>, field: string, faults: Faults): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    tell(faults, field, key, checkQualifiedName(key.toLowerCase()));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes) faults.tooLong(field, maxAnnotationBytes);
}

function checkOwners(owners: readonly OwnerReference[], field: string, faults: Faults): void {
  const controllers: string[] = [];
  for (const [index, { apiVersion, kind, name, uid, controller }] of owners.entries()) {
    const at = `${field}[${index}]`;
    if (apiVersion === '') faults.invalid(`${at}.apiVersion`, apiVersion, 'version must not be empty');
    if (kind === '') faults.invalid(`${at}.kind`, kind, 'must not be empty');
    if (name === '') faults.invalid(`${at}.name`, name, 'must not be empty');
    if (uid === '') faults.invalid(`${at}.uid`, uid, 'must not be empty');
    if (apiVersion === 'v1' && kind === 'Event') {
      faults.invalid(at, kind, '/v1, Kind=Event is disallowed from being an owner');
    }
    if (controller === true) controllers.push(`${kind}/${name}`);
  }
  const [first, ...others] = controllers;
  for (const other of others) {
    const words = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`;
    faults.invalid(field, owners, words);
  }
}

/** One cause for each sentence about a value. */
export function tell(faults: Faults, field: string, value: Json, sentences: readonly string[]): void {
  for (const sentence of sentences) faults.invalid(field, value, sentence);
}
