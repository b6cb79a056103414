// Label selectors within objects: whether one is good, and whether it takes a set of labels (apimachinery, LabelSelector).

import { isJsonObject, type Json, type JsonObject } from '../../api/object.ts';
import { checkLabels, tell } from '../../registry/metadata-rules.ts';
import { checkLabelValue, checkQualifiedName } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, listAt, mapAt, mapsAt, textAt, textsAt } from '../read-fields.ts';

export function checkSelector(selector: Json | undefined, field: string, faults: Faults): void {
  if (!isJsonObject(selector)) return;
  checkLabels(at(selector, 'matchLabels'), `${field}.matchLabels`, faults);
  for (const [index, expression] of mapsAt(selector, 'matchExpressions').entries()) {
    checkExpression(expression, `${field}.matchExpressions[${index}]`, faults);
  }
}

function checkExpression(expression: JsonObject, field: string, faults: Faults): void {
  const [key, operator] = [textAt(expression, 'key'), textAt(expression, 'operator')];
  const values = textsAt(expression, 'values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      faults.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      faults.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else faults.invalid(`${field}.operator`, operator, 'not a valid selector operator');
  tell(faults, `${field}.key`, key, checkQualifiedName(key));
  for (const [index, value] of values.entries()) {
    tell(faults, `${field}.values[${index}]`, value, checkLabelValue(value));
  }
}

export function isEmptySelector(selector: Json | undefined): boolean {
  return Object.keys(mapAt(selector, 'matchLabels')).length === 0 && listAt(selector, 'matchExpressions').length === 0;
}

/** Of a selector that is good. */
export function matchesSelector(selector: Json | undefined, labels: JsonObject): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key);
  const isLabelled = Object.entries(mapAt(selector, 'matchLabels')).every(
    ([key, value]) => has(key) && labels[key] === value,
  );
  return (
    isLabelled &&
    mapsAt(selector, 'matchExpressions').every((expression) => {
      const key = textAt(expression, 'key');
      const isIn = has(key) && textsAt(expression, 'values').includes(textAt(labels, key));
      switch (textAt(expression, 'operator')) {
        case 'In':
          return isIn;
        case 'NotIn':
          return !isIn;
        case 'Exists':
          return has(key);
        default:
          return !has(key);
      }
    })
  );
}
