// Words for what a capability says, one line each: for `show` (pending.ts) and for debugging (open-text.ts). What a peer wrote about
// itself was cleaned when it was read (wire/peer-text.ts).

import { nameFamily } from '../net/family.ts';
import { AddPathMode, type Capability, type CapabilityFamily } from '../wire/capability.ts';
import { nameRole } from './roles.ts';

/** A hostile list of families is told in part. */
const MAX_FAMILIES = 32;

const addPathWords: Readonly<Record<number, string>> = {
  [AddPathMode.Receive]: 'receive',
  [AddPathMode.Send]: 'send',
  [AddPathMode.Both]: 'receive and send',
};

/** Empty: that it is there is all it says. */
export function describeCapability(capability: Capability): string {
  switch (capability.type) {
    case 'multiprotocol':
      return nameFamily(capability);
    case 'four-octet-asn':
      return `${capability.asn}`;
    case 'role':
      return nameRole(capability.role);
    case 'extended-next-hop':
      return listFamilies(capability.families, () => '');
    case 'add-path':
      return listFamilies(capability.families, ({ mode }) => ` ${addPathWords[mode] ?? mode}`);
    case 'graceful-restart': {
      const flags = `${capability.isRestarting ? ' R' : ''}${capability.hasNotification ? ' N' : ''}`;
      const listed = listFamilies(capability.families, ({ isForwardingPreserved }) =>
        isForwardingPreserved ? ' F' : '',
      );
      return `${capability.restartTimeSec} s${flags}${listed === '' ? '' : ` ${listed}`}`;
    }
    case 'long-lived':
      return listFamilies(capability.families, ({ staleSec }) => ` ${staleSec} s`);
    case 'fqdn':
      return [capability.hostname, capability.domainName].filter((part) => part !== undefined).join('.');
    case 'software-version':
      return capability.version ?? '';
    case 'unknown':
      return `of ${capability.value.length} octets`;
    case 'route-refresh':
    case 'extended-message':
    case 'enhanced-refresh':
      return '';
  }
}

/** `about`: what is said of a family behind its name. */
export function listFamilies<Listed extends CapabilityFamily>(
  families: readonly Listed[],
  about: (listed: Listed) => string,
): string {
  const told = families.slice(0, MAX_FAMILIES).map((listed) => `${nameFamily(listed)}${about(listed)}`);
  const rest = families.length - MAX_FAMILIES;
  return `${told.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}
