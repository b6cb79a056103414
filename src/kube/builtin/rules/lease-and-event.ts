// Leases and events: what processes tell of themselves, often. Both are small, and so is what can be wrong with them; events of the
// group events.k8s.io are asked for more than those of the core group.

import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkQualifiedName } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, numberAt, textAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';

export const leaseDetail: KindDetail = {
  check: (lease, _before, faults) => {
    const spec = mapAt(lease, 'spec');
    const [seconds, transitions, strategy] = ['leaseDurationSeconds', 'leaseTransitions', 'strategy'].map((field) =>
      at(spec, field),
    );
    if (typeof seconds === 'number' && seconds <= 0) {
      faults.invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0');
    }
    if (typeof transitions === 'number' && transitions < 0) {
      faults.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
    }
    if (typeof strategy === 'string') {
      if (strategy.includes('/')) tell(faults, 'spec.strategy', strategy, checkQualifiedName(strategy));
      else if (strategy !== 'OldestEmulationVersion') {
        faults.unsupported('spec.strategy', strategy, ['OldestEmulationVersion']);
      }
    }
    if (textAt(spec, 'preferredHolder') !== '' && textAt(spec, 'strategy') === '') {
      faults.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined');
    }
  },
};

/** The group says which names its fields have, and how much is asked of it. */
interface EventFields {
  readonly about: string;
  readonly message: string;
  readonly reporter: string;
  readonly isStrict: boolean;
}

const coreFields: EventFields = {
  about: 'involvedObject',
  message: 'message',
  reporter: 'reportingComponent',
  isStrict: false,
};
const newerFields: EventFields = {
  about: 'regarding',
  message: 'note',
  reporter: 'reportingController',
  isStrict: true,
};

export const eventDetail = makeEventDetail(coreFields);
export const newerEventDetail = makeEventDetail(newerFields);

function makeEventDetail(fields: EventFields): KindDetail {
  return {
    check: (event, before, faults) => {
      const namespace = event.metadata.namespace ?? '';
      const about = textAt(event, fields.about, 'namespace');
      // An event that says when it was is of the newer sort, and has to say more.
      const isNewer = at(event, 'eventTime') !== undefined;
      const mayBeAnywhere = isNewer ? ['default', 'kube-system'] : ['', 'default'];
      const isRight = about === '' ? mayBeAnywhere.includes(namespace) : isNewer || about === namespace;
      if (!isRight) faults.invalid('involvedObject.namespace', about, 'does not match event.namespace');
      if (isNewer) checkNewer(event, fields, faults);
      if (fields.isStrict) checkStrict(event, before, faults);
    },
  };
}

function checkNewer(event: KubeObject, { message, reporter }: EventFields, faults: Faults): void {
  const name = textAt(event, reporter);
  if (name === '') faults.required(reporter);
  tell(faults, reporter, name, checkQualifiedName(name));
  checkLength(event, 'reportingInstance', 128, faults);
  checkLength(event, 'action', 128, faults);
  checkLength(event, 'reason', 128, faults);
  if (Buffer.byteLength(textAt(event, message)) > 1_024) {
    faults.invalid('message', '', 'can have at most 1024 characters');
  }
}

/** As they are here, and as upstream names them in what it says. */
const unset = [
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['deprecatedSource', 'source'],
] as const;
const kept: readonly (readonly [field: string, shown: string])[] = [
  ['regarding', 'involvedObject'],
  ['reason', 'reason'],
  ['note', 'message'],
  ...unset.map(([field, shown]): [string, string] => [field, shown]),
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
];

/** Of the group events.k8s.io: nothing of the older sort, and only the series changes. */
function checkStrict(event: KubeObject, before: KubeObject | undefined, faults: Faults): void {
  const series = at(event, 'series');
  if (series !== undefined && !isSameJson(series, at(before, 'series'))) {
    if (numberAt(series, 'count') < 2) faults.invalid('series.count', '', 'should be at least 2');
    if (textAt(series, 'lastObservedTime') === '') faults.required('series.lastObservedTime');
  }
  if (before !== undefined) {
    for (const [field, shown] of kept) {
      const now = at(event, field);
      if (!isSameField(now, at(before, field))) faults.invalid(shown, now, 'field is immutable');
    }
    return;
  }
  if (at(event, 'eventTime') === undefined) faults.required('eventTime');
  const type = textAt(event, 'type');
  if (type !== 'Normal' && type !== 'Warning') faults.invalid('type', '', `has invalid value: ${type}`);
  for (const [field, shown] of unset) {
    if (!isEmpty(at(event, field))) faults.invalid(shown, '', 'needs to be unset');
  }
}

/** Times are as exact as microseconds; what is empty is as good as absent. */
function isSameField(one: Json | undefined, other: Json | undefined): boolean {
  const bare = (value: Json | undefined): Json | undefined => {
    if (isEmpty(value)) return undefined;
    return typeof value === 'string' ? value.replace(/(T[\d:]+\.\d{6})\d+/, '$1') : value;
  };
  return isSameJson(bare(one), bare(other));
}

function isEmpty(value: Json | undefined): boolean {
  return (
    value === undefined ||
    value === '' ||
    value === 0 ||
    (isJsonObject(value) && Object.values(value).every((field) => isEmpty(field)))
  );
}

function checkLength(event: JsonObject, field: string, max: number, faults: Faults): void {
  const text = textAt(event, field);
  if (text === '') faults.required(field);
  else if (Buffer.byteLength(text) > max) faults.invalid(field, '', `can have at most ${max} characters`);
}
