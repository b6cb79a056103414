// Which families of addresses a Service shall have, and in which order: from its policy, from what it asks for, and from what this
// server gives out. Everything that contradicts is said before any address is taken. Upstream: service storage, initIPFamilyFields.

import { parseAddress } from '#bgp/net/address.ts';
import type { JsonObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import type { Faults } from '../../schema/faults.ts';
import { isExternalName } from '../rules/service-kind.ts';
import { at, mapAt, textAt, textsAt } from '../read-fields.ts';

export type Family = 'IPv4' | 'IPv6';

export interface Wanted {
  readonly policy: string;
  readonly families: readonly string[];
  /** As asked for, `None` included; fewer than families: the others are to be given out. */
  readonly addresses: readonly string[];
}

const policyField = 'spec.ipFamilyPolicy';

/** What comes back is of use only without faults. */
export function chooseFamilies(
  spec: JsonObject,
  old: JsonObject | undefined,
  served: readonly Family[],
  faults: Faults,
): Wanted {
  const hasSelector = Object.keys(mapAt(spec, 'selector')).length > 0;
  const isBare = textAt(spec, 'clusterIP') === 'None' && !hasSelector;
  const policy =
    textAt(spec, 'ipFamilyPolicy') || textAt(old, 'ipFamilyPolicy') || (isBare ? 'RequireDualStack' : 'SingleStack');
  const given: Wanted = { policy, families: textsAt(spec, 'ipFamilies'), addresses: textsAt(spec, 'clusterIPs') };
  // The server's ranges may have changed since: nobody is moved for that.
  if (old !== undefined && isUntouched(given, old)) return given;
  const reduced = reduce(given, old, faults);
  checkPolicy(reduced, faults);
  const inferred = infer(reduced, served, faults);
  if (faults.causes.length > 0) return inferred;
  if (isBare) return complete(inferred, served, ['IPv4', 'IPv6']);
  if (policy === 'RequireDualStack' && served.length < 2) {
    faults.invalid(policyField, policy, 'this cluster is not configured for dual-stack services');
  }
  for (const [index, family] of inferred.families.entries()) {
    if (served.some((one) => one === family)) continue;
    faults.invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster');
  }
  return complete(inferred, served, served);
}

function isUntouched({ policy, families, addresses }: Wanted, old: JsonObject): boolean {
  if (isExternalName(old) || policy !== 'PreferDualStack' || textAt(old, 'ipFamilyPolicy') !== policy) return false;
  return isSameJson(families, at(old, 'ipFamilies')) && isSameJson(addresses, at(old, 'clusterIPs'));
}

/** A single family asked for, and nothing else changed: the second goes. */
function reduce(wanted: Wanted, old: JsonObject | undefined, faults: Faults): Wanted {
  if (old === undefined) return wanted;
  const { policy, families, addresses } = wanted;
  const [oldFamilies, oldAddresses] = [textsAt(old, 'ipFamilies'), textsAt(old, 'clusterIPs')];
  if (policy === 'SingleStack') {
    return {
      policy,
      families: isSameJson(families, oldFamilies) ? families.slice(0, 1) : families,
      addresses: isSameJson(addresses, oldAddresses) ? addresses.slice(0, 1) : addresses,
    };
  }
  const isFewer = (now: readonly string[], was: readonly string[]): boolean =>
    was.length === 2 && now.length === 1 && now[0] === was[0];
  if (isFewer(addresses, oldAddresses)) {
    faults.invalid(policyField, policy, "must be 'SingleStack' to release the secondary cluster IP");
  }
  if (isFewer(families, oldFamilies)) {
    faults.invalid(policyField, policy, "must be 'SingleStack' to release the secondary IP family");
  }
  return wanted;
}

function checkPolicy({ policy, families, addresses }: Wanted, faults: Faults): void {
  if (policy !== 'SingleStack') return;
  const words = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (addresses.length === 2) faults.invalid(policyField, policy, `${words} cluster IPs are specified`);
  if (families.length === 2) faults.invalid(policyField, policy, `${words} IP families are specified`);
}

/** An address says its family. */
function infer({ policy, families, addresses }: Wanted, served: readonly Family[], faults: Faults): Wanted {
  const known = [...families];
  for (const [index, address] of addresses.entries()) {
    if (address === 'None' || index < known.length) continue;
    const family: Family = parseAddress(address)?.version === 6 ? 'IPv6' : 'IPv4';
    if (served.includes(family)) known.push(family);
    else faults.invalid(`spec.clusterIPs[${index}]`, addresses, `${family} is not configured on this cluster`);
  }
  return { policy, families: known, addresses };
}

/** The server's first family when none is named, and the other one when two are wanted and may be had. */
function complete(
  { policy, families, addresses }: Wanted,
  served: readonly Family[],
  possible: readonly Family[],
): Wanted {
  const known: readonly string[] = families.length === 0 ? served.slice(0, 1) : families;
  const other = possible.find((family) => !known.includes(family));
  const isSecondWanted = policy !== 'SingleStack' && known.length === 1 && other !== undefined;
  return { policy, families: isSecondWanted ? [...known, other] : known, addresses };
}
