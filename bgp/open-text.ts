// Words for an OPEN while somebody debugs its neighbor: its fields and what each capability says. What a peer wrote about itself is
// cleaned (wire/peer-text.ts) and at most a line long; an OPEN that cannot be read is told with its fault.

import { formatRouterId } from './net/router-id.ts';
import { nameRole } from './session/roles.ts';
import { cutText, nameFamily } from './update-text.ts';
import { AddPathMode, type Capability, type CapabilityFamily, nameCapability } from './wire/capability.ts';
import { HEADER_LENGTH } from './wire/message.ts';
import { NotificationError } from './wire/notification.ts';
import { decodeOpen } from './wire/open.ts';

const MIN_LENGTH = HEADER_LENGTH + 10;
/** A hostile list of capabilities is told in part. */
const MAX_TOLD = 32;

/** `bytes` is the whole message. */
export function describeOpen(bytes: Uint8Array): string {
  if (bytes.length < MIN_LENGTH) return 'malformed: too short';
  try {
    const open = decodeOpen(bytes, 0, bytes.length);
    const head = `version ${open.version}, AS ${open.asnField}, hold time ${open.holdTimeSec} s`;
    const told = open.capabilities.slice(0, MAX_TOLD).map(describeCapability);
    const rest = open.capabilities.length - MAX_TOLD;
    if (rest > 0) told.push(`and ${rest} more`);
    const capabilities = told.length === 0 ? 'none' : told.join('; ');
    return cutText(`${head}, identifier ${formatRouterId(open.routerId)}, capabilities ${capabilities}`);
  } catch (error) {
    if (error instanceof NotificationError) return `malformed: ${error.message}`;
    throw error;
  }
}

function describeCapability(capability: Capability): string {
  const name = nameCapability(capability.code);
  const said = describeValue(capability);
  return said === '' ? name : `${name} ${said}`;
}

const addPathWords: Readonly<Record<number, string>> = {
  [AddPathMode.Receive]: 'receive',
  [AddPathMode.Send]: 'send',
  [AddPathMode.Both]: 'both',
};

function describeValue(capability: Capability): string {
  switch (capability.type) {
    case 'multiprotocol':
      return nameOf(capability);
    case 'four-octet-asn':
      return `${capability.asn}`;
    case 'role':
      return nameRole(capability.role);
    case 'extended-next-hop':
      return list(capability.families, nameOf);
    case 'add-path':
      return list(capability.families, (family) => `${nameOf(family)} ${addPathWords[family.mode] ?? family.mode}`);
    case 'graceful-restart': {
      const flags = `${capability.isRestarting ? ' R' : ''}${capability.hasNotification ? ' N' : ''}`;
      const families = list(
        capability.families,
        (family) => `${nameOf(family)}${family.isForwardingPreserved ? ' F' : ''}`,
      );
      return `${capability.restartTimeSec} s${flags}${families === '' ? '' : ` ${families}`}`;
    }
    case 'long-lived':
      return list(capability.families, (family) => `${nameOf(family)} ${family.staleSec} s`);
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

function nameOf({ afi, safi }: CapabilityFamily): string {
  return nameFamily(Uint8Array.of(afi >> 8, afi, safi));
}

function list<T>(families: readonly T[], show: (family: T) => string): string {
  const rest = families.length - MAX_TOLD;
  return `${families.slice(0, MAX_TOLD).map(show).join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}
