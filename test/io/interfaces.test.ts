// What the interfaces say of a session, from tables written by hand.

import test from 'ava';
import { describeAgain, describeConnection, listInterfaceAddresses, normaliseAddress } from '#io/interfaces.ts';
import type { InterfaceTable } from '#io/interfaces.ts';

function entry(cidr: string): NonNullable<InterfaceTable[string]>[number] {
  const [address] = cidr.split('/');
  const rest = { address, netmask: '', mac: '', internal: false, cidr };
  return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
}

const table: InterfaceTable = {
  lo: [entry('127.0.0.1/8'), entry('10.255.0.1/32'), entry('::1/128')],
  eth0: [entry('192.0.2.1/24'), entry('2001:db8::1/64'), entry('fe80::1/64')],
  eth1: [entry('192.0.2.129/25'), entry('fe80::2/64')],
};
const addresses = listInterfaceAddresses(table);

const ends = (localAddress: string, remoteAddress: string) => ({
  localAddress,
  localPort: 1,
  remoteAddress,
  remotePort: 2,
});

test('a session has the addresses of the interface that carries it', (t) => {
  const info = describeConnection(ends('192.0.2.1', '192.0.2.7'), addresses);
  t.like(info, {
    interfaceName: 'eth0',
    interfaceIpv4: '192.0.2.1',
    interfaceIpv6Global: '2001:db8::1',
    interfaceIpv6LinkLocal: 'fe80::1',
    isDirectlyConnected: true,
  });
  const other = describeConnection(ends('192.0.2.129', '198.51.100.1'), addresses);
  t.like(other, { interfaceName: 'eth1', interfaceIpv6LinkLocal: 'fe80::2', isDirectlyConnected: false });
  t.is(other.interfaceIpv6Global, undefined);
});

test('a link-local session is carried by the interface of its zone', (t) => {
  const info = describeConnection(ends('fe80::2%eth1', 'fe80::9%eth1'), addresses);
  t.like(info, { interfaceName: 'eth1', interfaceIpv4: '192.0.2.129', interfaceIpv6LinkLocal: 'fe80::2' });
  t.true(info.isDirectlyConnected);
});

test("a session from a router's loopback address does not offer 127.0.0.1 or ::1 as next hops", (t) => {
  const info = describeConnection(ends('10.255.0.1', '10.255.0.2'), addresses);
  t.is(info.interfaceIpv4, '10.255.0.1');
  t.is(info.interfaceIpv6Global, undefined);
  t.false(info.isDirectlyConnected);
  const local = describeConnection(ends('127.0.0.5', '127.0.0.6'), addresses);
  t.like(local, {
    interfaceName: 'lo',
    interfaceIpv4: '127.0.0.5',
    interfaceIpv6Global: '::1',
    isDirectlyConnected: true,
  });
});

test('an address that no interface has is told apart, not guessed', (t) => {
  const info = describeConnection(ends('198.51.100.5', '198.51.100.6'), addresses);
  t.is(info.interfaceName, undefined);
  t.is(info.interfaceIpv4, '198.51.100.5');
  t.is(info.interfaceIpv6Global, undefined);
  t.false(info.isDirectlyConnected);
});

test('addresses are normalised: IPv4-mapped ones become IPv4, zones stay on link-local ones', (t) => {
  t.is(normaliseAddress('::ffff:192.0.2.1'), '192.0.2.1');
  t.is(normaliseAddress('fe80::1%eth0'), 'fe80::1%eth0');
  t.is(normaliseAddress('2001:DB8::0:1%eth0'), '2001:db8::1');
  t.is(normaliseAddress('192.0.2.1'), '192.0.2.1');
});

test('addresses that come later are taken, those in use stay, and what is gone for now is not given up', (t) => {
  const seen = (...cidrs: readonly string[]) => listInterfaceAddresses({ eth0: cidrs.map(entry) });
  const first = describeConnection(ends('2001:db8::1', '2001:db8::7'), seen('2001:db8::1/64'));
  t.is(first.interfaceIpv6LinkLocal, undefined);
  const both = describeAgain(first, seen('2001:db8::1/64', 'fe80::1/64'));
  t.is(both.interfaceIpv6LinkLocal, 'fe80::1');
  t.is(describeAgain(both, seen('2001:db8::1/64', 'fe80::5/64', 'fe80::1/64')), both, 'nothing that concerns it');
  t.is(describeAgain(both, seen('2001:db8::1/64')), both, 'the link-local address may come back');
  t.is(describeAgain(both, seen()), both);
  t.is(describeAgain(both, seen('2001:db8::1/64', 'fe80::5/64')).interfaceIpv6LinkLocal, 'fe80::5');
  const moved = describeAgain(both, listInterfaceAddresses({ eth1: [entry('2001:db8::1/64'), entry('fe80::9/64')] }));
  t.like(moved, { interfaceName: 'eth1', interfaceIpv6LinkLocal: 'fe80::9' });
});
