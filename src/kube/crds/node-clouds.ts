// What a CiliumNode says of the clouds that give it addresses: of AWS, Azure and Alibaba Cloud. Kept and served; nothing of ours acts
// on it.

import { cidr, cidrs } from './address-patterns.ts';
import { type Fields, flag, integer, list, map, object, strings, tags, text } from './field.ts';

const zone = text('Zone of the cloud.');
const vpcId = text('The private network.');
const instanceType = text('Type of the machine.');
const securityGroups = strings('Security groups.');

/** Fields of the spec. */
export const cloudSpecs: Fields = {
  'alibaba-cloud': object('Addresses from Alibaba Cloud.', {
    'availability-zone': zone,
    'cidr-block': cidr('IPv4 prefix of the private network.'),
    'instance-type': instanceType,
    'security-group-tags': tags('Security groups by tags.'),
    'security-groups': securityGroups,
    'vpc-id': vpcId,
    'vswitch-tags': tags('Switches by tags.'),
    vswitches: strings('Switches that interfaces may be in.'),
  }),
  azure: object('Addresses from Azure.', { 'interface-name': text('Interface that addresses are added to.') }),
  eni: object('Addresses from AWS.', {
    'availability-zone': zone,
    'delete-on-termination': flag('Whether interfaces go with the machine.'),
    'disable-prefix-delegation': flag('Whether single addresses are taken instead of prefixes.'),
    'exclude-interface-tags': tags('Interfaces to leave alone, by tags.'),
    'first-interface-index': integer('The first interface to take addresses from.', { minimum: 0 }),
    'instance-type': instanceType,
    'node-subnet-id': text('Subnet of the first interface.'),
    'security-group-tags': tags('Security groups by tags.'),
    'security-groups': securityGroups,
    'subnet-ids': strings('Subnets to take addresses from.'),
    'subnet-tags': tags('Subnets by tags.'),
    'use-primary-address': flag("Whether an interface's first address may be given to a pod."),
    'vpc-id': vpcId,
  }),
};

const alibabaInterface = object('An interface.', {
  'instance-id': text('The machine that has it.'),
  'mac-address': text('MAC address.'),
  'network-interface-id': text('The interface.'),
  'primary-ip-address': text('First address.'),
  'private-ipsets': list(
    'All addresses.',
    object('An address.', {
      primary: flag('Whether it is the first.'),
      'private-ip-address': text('The address.'),
    }),
  ),
  'security-groupids': securityGroups,
  tags: tags('Tags.'),
  type: text('Primary or Secondary.'),
  vpc: object('Its private network.', {
    cidr: cidr('IPv4 prefix.'),
    'ipv6-cidr': cidr('IPv6 prefix.'),
    'secondary-cidrs': cidrs('Further prefixes.'),
    'vpc-id': vpcId,
  }),
  vswitch: object('Its switch.', {
    cidr: cidr('IPv4 prefix.'),
    'ipv6-cidr': cidr('IPv6 prefix.'),
    'vswitch-id': text('The switch.'),
  }),
  'zone-id': zone,
});

const subnet = object('Its subnet.', { cidr: cidr('Prefix.'), id: text('The subnet.') });

const azureInterface = object('An interface.', {
  addresses: list(
    'Addresses beside the first.',
    object('An address.', {
      ip: text('The address.'),
      state: text('Whether it is provisioned.'),
      subnet: text('Its subnet; deprecated.'),
    }),
  ),
  cidr: cidr('Its prefix; deprecated.'),
  gateway: text('Default gateway of the subnet.'),
  id: text('The interface.'),
  ip: text('First address.'),
  mac: text('MAC address.'),
  name: text('Name.'),
  'security-group': text('Security group.'),
  state: text('Whether it is provisioned.'),
  subnet,
});

const awsInterface = object('An interface.', {
  addresses: strings('Addresses beside the first.'),
  'availability-zone': zone,
  description: text('Description.'),
  id: text('The interface.'),
  ip: text('First address.'),
  mac: text('MAC address.'),
  number: integer('Index of the interface.'),
  prefixes: cidrs('Prefixes of the interface.'),
  'public-ip': text('Public address.'),
  'security-groups': securityGroups,
  subnet,
  tags: tags('Tags.'),
  vpc: object('Its private network.', {
    cidrs: cidrs('All prefixes.'),
    id: vpcId,
    'primary-cidr': cidr('First prefix.'),
  }),
});

/** Fields of the status. */
export const cloudStatuses: Fields = {
  'alibaba-cloud': object('What Alibaba Cloud has given.', { enis: map('Interfaces.', alibabaInterface) }),
  azure: object('What Azure has given.', { interfaces: list('Interfaces.', azureInterface) }),
  eni: object('What AWS has given.', { enis: map('Interfaces.', awsInterface) }),
};
