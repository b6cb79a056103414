// Label selectors as the Kubernetes API conventions define them, one row a case.

import test from 'ava';
import { matchesSelector, type LabelSelector, type Labels } from '#control/kubernetes/label-selector.ts';

const labels: Labels = { rack: 'r1', zone: 'a', empty: '' };

const rows: readonly (readonly [claim: string, selector: LabelSelector, isMatch: boolean])[] = [
  ['an empty selector matches everything', {}, true],
  ['empty parts match everything', { matchLabels: {}, matchExpressions: [] }, true],
  ['an equal label matches', { matchLabels: { rack: 'r1' } }, true],
  ['another value does not match', { matchLabels: { rack: 'r2' } }, false],
  ['a missing label does not match', { matchLabels: { row: 'r1' } }, false],
  ['a missing label is not an empty one', { matchLabels: { row: '' } }, false],
  ['an empty label equals an empty text', { matchLabels: { empty: '' } }, true],
  ['every label must match', { matchLabels: { rack: 'r1', zone: 'b' } }, false],
  ['In wants one of its values', { matchExpressions: [{ key: 'rack', operator: 'In', values: ['r0', 'r1'] }] }, true],
  ['In refuses other values', { matchExpressions: [{ key: 'rack', operator: 'In', values: ['r0'] }] }, false],
  ['In refuses a missing label', { matchExpressions: [{ key: 'row', operator: 'In', values: ['r1'] }] }, false],
  ['NotIn refuses its values', { matchExpressions: [{ key: 'rack', operator: 'NotIn', values: ['r1'] }] }, false],
  ['NotIn takes other values', { matchExpressions: [{ key: 'rack', operator: 'NotIn', values: ['r2'] }] }, true],
  ['NotIn takes a missing label', { matchExpressions: [{ key: 'row', operator: 'NotIn', values: ['r1'] }] }, true],
  ['Exists wants the label', { matchExpressions: [{ key: 'empty', operator: 'Exists' }] }, true],
  ['Exists refuses a missing label', { matchExpressions: [{ key: 'row', operator: 'Exists' }] }, false],
  ['DoesNotExist refuses the label', { matchExpressions: [{ key: 'rack', operator: 'DoesNotExist' }] }, false],
  ['DoesNotExist takes a missing label', { matchExpressions: [{ key: 'row', operator: 'DoesNotExist' }] }, true],
  [
    'labels and expressions must all hold',
    { matchLabels: { rack: 'r1' }, matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
    false,
  ],
  [
    'a label is never inherited from the language',
    { matchExpressions: [{ key: 'toString', operator: 'Exists' }] },
    false,
  ],
];

for (const [claim, selector, isMatch] of rows) {
  test(claim, (t) => t.is(matchesSelector(selector, labels), isMatch));
}
