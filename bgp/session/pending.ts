// What a changed configuration would put into the next OPEN and the last one did not have, in words for `show`.
// R and F bits are no configuration and never pending.

import type { PendingView } from '../views.ts';
import { type Capability, nameCapability } from '../wire/capability.ts';
import type { OpenMessage } from '../wire/open.ts';
import { describeCapability, listFamilies } from './capability-text.ts';

export function listPending(sent: OpenMessage, next: OpenMessage): readonly PendingView[] {
  const pending: PendingView[] = [];
  if (sent.holdTimeSec !== next.holdTimeSec) {
    pending.push({ field: 'hold time', running: `${sent.holdTimeSec} s`, configured: `${next.holdTimeSec} s` });
  }
  const codes = new Set([...sent.capabilities, ...next.capabilities].map(({ code }) => code));
  for (const code of codes) {
    const running = describeAll(sent.capabilities, code);
    const configured = describeAll(next.capabilities, code);
    if (running !== configured) pending.push({ field: nameField(code), running, configured });
  }
  return pending;
}

/** As the router file calls it where it has a field of that name. */
function nameField(code: number): string {
  const name = nameCapability(code);
  return name === 'multiprotocol' ? 'families' : name;
}

function describeAll(capabilities: readonly Capability[], code: number): string {
  const words = capabilities.flatMap((capability) => (capability.code === code ? [describe(capability)] : []));
  return words.length === 0 ? 'off' : words.join(', ');
}

/** Without the R and F bits, and with `on` for a capability that says no more. */
function describe(capability: Capability): string {
  if (capability.type !== 'graceful-restart') return describeCapability(capability) || 'on';
  const { families: listed, restartTimeSec, hasNotification } = capability;
  const mode = listed.length === 0 ? 'helper' : `full (${listFamilies(listed, () => '')})`;
  return `${mode}, ${restartTimeSec} s${hasNotification ? ', notifications' : ''}`;
}
