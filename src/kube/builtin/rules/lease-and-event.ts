// Leases and events: what processes tell of themselves, often. Both are small, and so is what can be wrong with them.

import type { JsonObject, KubeObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkQualifiedName } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, textAt } from '../read-fields.ts';
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

export const eventDetail: KindDetail = {
  check: (event, _before, faults) => {
    const namespace = event.metadata.namespace ?? '';
    const about = textAt(event, 'involvedObject', 'namespace');
    // An event that says when it was is of the newer kind, and has to say more.
    const isNewer = at(event, 'eventTime') !== undefined;
    const mayBeAnywhere = isNewer ? ['default', 'kube-system'] : ['', 'default'];
    const isRight = about === '' ? mayBeAnywhere.includes(namespace) : isNewer || about === namespace;
    if (!isRight) faults.invalid('involvedObject.namespace', about, 'does not match event.namespace');
    if (isNewer) checkNewer(event, faults);
  },
};

function checkNewer(event: KubeObject, faults: Faults): void {
  const reporter = textAt(event, 'reportingComponent');
  if (reporter === '') faults.required('reportingController');
  tell(faults, 'reportingController', reporter, checkQualifiedName(reporter));
  checkLength(event, 'reportingInstance', 128, faults);
  checkLength(event, 'action', 128, faults);
  checkLength(event, 'reason', 128, faults);
  if (Buffer.byteLength(textAt(event, 'message')) > 1_024) {
    faults.invalid('message', '', 'can have at most 1024 characters');
  }
}

function checkLength(event: JsonObject, field: string, max: number, faults: Faults): void {
  const text = textAt(event, field);
  if (text === '') faults.required(field);
  else if (Buffer.byteLength(text) > max) faults.invalid(field, '', `can have at most ${max} characters`);
}
