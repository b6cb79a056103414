// What a changed configuration would put into the next OPEN and the last one did not have, in words for `show`.
// R and F bits are no configuration and never pending.

import { familyByCode } from '../net/family.ts';
import type { PendingView } from '../views.ts';
import { AddPathMode, type Capability, type CapabilityFamily, nameCapability } from '../wire/capability.ts';
import type { OpenMessage } from '../wire/open.ts';
import { nameRole } from './roles.ts';

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

function describe(capability: Capability): string {
  switch (capability.type) {
    case 'multiprotocol':
      return nameFamily(capability);
    case 'extended-next-hop':
      return capability.families.map(nameFamily).join(' ');
    case 'role':
      return nameRole(capability.role);
    case 'graceful-restart': {
      const { families: listed, restartTimeSec, hasNotification } = capability;
      const mode = listed.length === 0 ? 'helper' : `full (${listed.map(nameFamily).join(' ')})`;
      return `${mode}, ${restartTimeSec} s${hasNotification ? ', notifications' : ''}`;
    }
    case 'four-octet-asn':
      return String(capability.asn);
    case 'add-path':
      return capability.families.map((listed) => `${nameFamily(listed)} ${addPathWords[listed.mode] ?? ''}`).join(' ');
    case 'long-lived':
      return capability.families.map((listed) => `${nameFamily(listed)} ${listed.staleSec} s`).join(' ');
    case 'fqdn':
      return `${capability.hostname ?? ''}.${capability.domainName ?? ''}`;
    case 'software-version':
      return capability.version ?? '';
    default:
      return 'on';
  }
}

const addPathWords: Readonly<Record<number, string>> = {
  [AddPathMode.Receive]: 'receive',
  [AddPathMode.Send]: 'send',
  [AddPathMode.Both]: 'receive and send',
};

function nameFamily({ afi, safi }: CapabilityFamily): string {
  const known = familyByCode(afi, safi);
  return known === undefined ? `${afi}/${safi}` : known.name;
}
