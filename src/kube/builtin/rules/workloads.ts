// Deployments, ReplicaSets, StatefulSets and DaemonSets: defaults, and what is wrong with one. What they all have is a selector that
// takes the pods of their template, and never changes.

import type { Json, JsonObject, KubeObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import { checkLabelName } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, numberAt, textAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { checkImmutable, fillFields, withSpec } from './fill.ts';
import { checkTemplate } from './pod-checks.ts';
import { fillTemplate } from './pod-defaults.ts';
import { checkSelector, isEmptySelector, matchesSelector } from './selector.ts';

type Fill = (spec: JsonObject) => JsonObject;
type Check = (spec: JsonObject, before: KubeObject | undefined, faults: Faults) => void;

function makeDetail(word: string, defaults: JsonObject, firstStatus: JsonObject, fill: Fill, check: Check): KindDetail {
  return {
    fill: (object, before) => {
      const filled = withSpec(object, (spec) =>
        fill({ ...fillFields(spec, defaults), template: fillTemplate(at(spec, 'template')) }),
      );
      return before === undefined ? { ...filled, status: firstStatus } : filled;
    },
    check: (object, before, faults) => {
      const spec = mapAt(object, 'spec');
      checkSpec(spec, word, faults);
      if (at(spec, 'template', 'spec', 'activeDeadlineSeconds') !== undefined) {
        const words = `activeDeadlineSeconds in ${object.kind} is not Supported`;
        faults.forbidden('spec.template.spec.activeDeadlineSeconds', words);
      }
      check(spec, before, faults);
      checkImmutable(object, before, ['spec', 'selector'], faults);
    },
  };
}

function checkSpec(spec: JsonObject, word: string, faults: Faults): void {
  for (const field of ['replicas', 'minReadySeconds', 'revisionHistoryLimit']) {
    const number = numberAt(spec, field);
    if (number < 0) faults.invalid(`spec.${field}`, number, 'must be greater than or equal to 0');
  }
  const selector = at(spec, 'selector');
  if (selector === undefined) faults.required('spec.selector');
  else {
    checkSelector(selector, 'spec.selector', faults);
    if (isEmptySelector(selector)) faults.invalid('spec.selector', selector, `empty selector is invalid for ${word}`);
    const labels = mapAt(spec, 'template', 'metadata', 'labels');
    if (!isEmptySelector(selector) && !matchesSelector(selector, labels)) {
      faults.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
    }
  }
  checkTemplate(mapAt(spec, 'template'), 'spec.template', faults);
  const restart = textAt(spec, 'template', 'spec', 'restartPolicy');
  if (restart !== 'Always') faults.unsupported('spec.template.spec.restartPolicy', restart, ['Always']);
}

/** `25%` and 3 are both amounts; undefined: neither. */
function readAmount(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,9}%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/** Something must be able to go, or to come: otherwise nothing ever changes. */
function checkRolling(rolling: JsonObject, field: string, faults: Faults): void {
  for (const name of ['maxUnavailable', 'maxSurge']) {
    const value = at(rolling, name);
    const amount = readAmount(value);
    if (amount === undefined) {
      const words =
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
      faults.invalid(`${field}.${name}`, value, words);
    } else if (amount < 0) faults.invalid(`${field}.${name}`, value, 'must be greater than or equal to 0');
    else if (typeof value === 'string' && name === 'maxUnavailable' && amount > 100) {
      faults.invalid(`${field}.${name}`, value, 'must not be greater than 100%');
    }
  }
}

const deploymentDefaults: JsonObject = { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 };

export const deploymentDetail = makeDetail(
  'deployment',
  deploymentDefaults,
  {},
  (spec) => {
    const strategy = fillFields(spec['strategy'], { type: 'RollingUpdate' });
    if (textAt(strategy, 'type') !== 'RollingUpdate') return { ...spec, strategy };
    const rolling = fillFields(strategy['rollingUpdate'], { maxUnavailable: '25%', maxSurge: '25%' });
    return { ...spec, strategy: { ...strategy, rollingUpdate: rolling } };
  },
  (spec, _before, faults) => {
    const [type, rolling] = [textAt(spec, 'strategy', 'type'), at(spec, 'strategy', 'rollingUpdate')];
    const field = 'spec.strategy.rollingUpdate';
    if (type === 'Recreate') {
      if (rolling !== undefined) {
        faults.forbidden(field, "may not be specified when strategy `type` is 'Recreate'");
      }
    } else if (type === 'RollingUpdate') {
      checkRolling(mapAt(rolling), field, faults);
      const [gone, more] = [readAmount(at(rolling, 'maxUnavailable')), readAmount(at(rolling, 'maxSurge'))];
      if (gone === 0 && more === 0) {
        faults.invalid(`${field}.maxUnavailable`, at(rolling, 'maxUnavailable'), 'may not be 0 when `maxSurge` is 0');
      }
    } else faults.unsupported('spec.strategy.type', type, ['Recreate', 'RollingUpdate']);
    const deadline = numberAt(spec, 'progressDeadlineSeconds');
    if (deadline < 0) {
      faults.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than or equal to 0');
    } else if (deadline <= numberAt(spec, 'minReadySeconds')) {
      faults.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
    }
  },
);

export const replicaSetDetail = makeDetail(
  // Upstream's word, too.
  'deployment',
  { replicas: 1 },
  { replicas: 0 },
  (spec) => spec,
  () => undefined,
);

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];
const statefulSetWords =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const statefulSet = makeDetail(
  'statefulset',
  { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' },
  { replicas: 0, availableReplicas: 0 },
  (spec) => {
    const strategy = fillFields(spec['updateStrategy'], { type: 'RollingUpdate' });
    const isRolling = textAt(strategy, 'type') === 'RollingUpdate';
    const rolling = { rollingUpdate: fillFields(strategy['rollingUpdate'], { partition: 0 }) };
    const retention = { whenDeleted: 'Retain', whenScaled: 'Retain' };
    return {
      ...spec,
      updateStrategy: { ...strategy, ...(isRolling ? rolling : {}) },
      persistentVolumeClaimRetentionPolicy: fillFields(spec['persistentVolumeClaimRetentionPolicy'], retention),
    };
  },
  (spec, before, faults) => {
    const management = textAt(spec, 'podManagementPolicy');
    if (management !== 'OrderedReady' && management !== 'Parallel') {
      const words = "must be 'OrderedReady' or 'Parallel'";
      faults.invalid('spec.podManagementPolicy', management, words);
    }
    const type = textAt(spec, 'updateStrategy', 'type');
    if (type !== 'OnDelete' && type !== 'RollingUpdate') {
      faults.invalid('spec.updateStrategy', at(spec, 'updateStrategy'), "must be 'RollingUpdate' or 'OnDelete'");
    } else if (type === 'OnDelete' && at(spec, 'updateStrategy', 'rollingUpdate') !== undefined) {
      faults.invalid(
        'spec.updateStrategy.rollingUpdate',
        at(spec, 'updateStrategy', 'rollingUpdate'),
        "only allowed for updateStrategy 'RollingUpdate'",
      );
    }
    if (before === undefined) return;
    const rest = (one: JsonObject): JsonObject =>
      Object.fromEntries(Object.entries(one).filter(([field]) => !changeable.includes(field) && field !== 'selector'));
    if (!isSameJson(rest(spec), rest(mapAt(before, 'spec')))) faults.forbidden('spec', statefulSetWords);
  },
);

/** Its pods are known by its name in DNS. */
export const statefulSetDetail: KindDetail = { ...statefulSet, nameRule: checkLabelName };

export const daemonSetDetail = makeDetail(
  'daemonset',
  { revisionHistoryLimit: 10 },
  { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  (spec) => {
    const strategy = fillFields(spec['updateStrategy'], { type: 'RollingUpdate' });
    if (textAt(strategy, 'type') !== 'RollingUpdate') return { ...spec, updateStrategy: strategy };
    const rolling = fillFields(strategy['rollingUpdate'], { maxUnavailable: 1, maxSurge: 0 });
    return { ...spec, updateStrategy: { ...strategy, rollingUpdate: rolling } };
  },
  (spec, _before, faults) => {
    const field = 'spec.updateStrategy';
    const type = textAt(spec, 'updateStrategy', 'type');
    if (type === 'OnDelete') return;
    if (type !== 'RollingUpdate') {
      faults.unsupported(`${field}.type`, type, ['OnDelete', 'RollingUpdate']);
      return;
    }
    const rolling = mapAt(spec, 'updateStrategy', 'rollingUpdate');
    checkRolling(rolling, `${field}.rollingUpdate`, faults);
    const [gone, more] = [readAmount(rolling['maxUnavailable']), readAmount(rolling['maxSurge'])];
    if (gone === 0 && more === 0) {
      faults.required(`${field}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
    } else if ((gone ?? 0) > 0 && (more ?? 0) > 0) {
      faults.invalid(
        `${field}.rollingUpdate.maxSurge`,
        rolling['maxSurge'],
        'may not be set when maxUnavailable is non-zero',
      );
    }
  },
);

/** What a workload was once, and never is otherwise. */
export const controllerRevisionDetail: KindDetail = {
  check: (object, before, faults) => {
    if (at(object, 'data') === undefined) faults.required('data', 'data is mandatory');
    const revision = numberAt(object, 'revision');
    if (revision < 0) faults.invalid('revision', revision, 'must be greater than or equal to 0');
    checkImmutable(object, before, ['data'], faults);
  },
};
