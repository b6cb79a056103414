// A Service's addresses within the cluster and their families: whether they fit together, and how they may change. Whether they are
// free, and which they become, is the business of ../services.

import { parseAddress } from '#bgp/net/address.ts';
import type { JsonObject } from '../../api/object.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, textAt, textsAt } from '../read-fields.ts';
import { checkAddress } from './addresses.ts';
import { isExternalName, isHeadless } from './service-kind.ts';

const [addressesField, familiesField, policyField] = ['spec.clusterIPs', 'spec.ipFamilies', 'spec.ipFamilyPolicy'];

export function checkFamilies(spec: JsonObject, faults: Faults): void {
  // None of these may be set then, which is said elsewhere.
  if (isExternalName(spec)) return;
  const addresses = textsAt(spec, 'clusterIPs');
  const first = textAt(spec, 'clusterIP');
  if (first === '' && addresses.length > 0) {
    faults.invalid(addressesField, addresses, 'must be empty when `clusterIP` is not specified');
  } else if (first !== '' && addresses.length === 0) faults.required(addressesField);
  else if (first !== '' && addresses[0] !== first) {
    faults.invalid(addressesField, addresses, 'first value must match `clusterIP`');
  }
  const families = textsAt(spec, 'ipFamilies');
  for (const [index, family] of families.entries()) {
    const field = `${familiesField}[${index}]`;
    if (family !== 'IPv4' && family !== 'IPv6') faults.unsupported(field, family, ['IPv4', 'IPv6']);
    if (families.indexOf(family) < index) faults.duplicate(field, family);
  }
  const policy = at(spec, 'ipFamilyPolicy');
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  if (policy !== undefined && !(typeof policy === 'string' && policies.includes(policy))) {
    faults.unsupported(policyField, policy, policies);
  }
  checkClusterIps(addresses, families, faults);
}

function checkClusterIps(addresses: readonly string[], families: readonly string[], faults: Faults): void {
  if (addresses[0] === 'None') {
    if (addresses.length > 1) faults.invalid(addressesField, addresses, "'None' must be the first and only value");
    return;
  }
  const areAddresses = addresses.map((address, index) => checkAddress(`${addressesField}[${index}]`, address, faults));
  if (addresses.length > 2) faults.invalid(addressesField, addresses, 'may only hold up to 2 values');
  if (areAddresses.includes(false)) return;
  const versions = addresses.map((address) => `IPv${parseAddress(address)?.version ?? 4}`);
  if (versions.length > 1 && (versions.length > 2 || versions[0] === versions[1])) {
    faults.invalid(addressesField, addresses, 'may specify no more than one IP for each IP family');
  }
  for (const [index, version] of versions.entries()) {
    const family = families[index] ?? version;
    if (family === version || !['IPv4', 'IPv6'].includes(family)) continue;
    const words = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    faults.invalid(`${addressesField}[${index}]`, addresses[index], words);
  }
}

/** The first address and family stay for life; a second may come, and go when a single one is asked for. */
export function checkAddressChange(spec: JsonObject, old: JsonObject, faults: Faults): void {
  if (isExternalName(spec) || isExternalName(old)) return;
  if (isHeadless(spec) && isHeadless(old)) return;
  const isSingle = textAt(spec, 'ipFamilyPolicy') === 'SingleStack';
  const check = (what: string, path: string, now: readonly string[], was: readonly string[]): void => {
    if (now.length === 0 && was.length > 0) faults.invalid(`${path}[0]`, now, `primary ${what} can not be unset`);
    for (const [index, value] of was.entries()) {
      const isCompared = index === 0 ? now.length > 0 : now.length === was.length;
      if (isCompared && now[index] !== value) faults.invalid(`${path}[${index}]`, now, 'may not change once set');
    }
    if (now.length === 1 && was.length === 2 && !isSingle) {
      const policy = at(spec, 'ipFamilyPolicy');
      faults.invalid(policyField, policy, `must be set to 'SingleStack' when releasing the secondary ${what}`);
    }
  };
  check('clusterIP', addressesField, textsAt(spec, 'clusterIPs'), textsAt(old, 'clusterIPs'));
  if (isHeadless(spec) !== isHeadless(old)) return;
  const families = textsAt(spec, 'ipFamilies');
  // Left out, they are what they were.
  if (families.length > 0) check('ipFamily', familiesField, families, textsAt(old, 'ipFamilies'));
}
