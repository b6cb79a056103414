// `waggle bgp peers|routes|route-policies`: what the daemon's /v1/bgp/* says, in Cilium's columns. The table of routes may be
// large and comes ready from the daemon; the small ones are laid out here.

import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { describeOutputOption, printAnswer, readFormat, renderData } from './format.ts';
import { readBody, send } from './http.ts';
import { type JsonObject, numberOf, readList, readObject, textOf, toObject } from './json.ts';
import { renderColumns, write } from './output.ts';

const outputOption = describeOutputOption('summary');
const nodeOption = { name: '--node', value: 'NAME', help: 'only if this is the node; there is one node a daemon' };

async function fetchText(socketPath: string, path: string): Promise<string> {
  return readBody(await send({ socketPath, method: 'GET', path, accept: 'application/json' }));
}

/** False when `--node` names another node: nothing is shown then, as upstream does for a node that has no agent here. */
async function findNode({ arguments: { options }, socketPath }: CommandContext): Promise<string | undefined> {
  const node = textOf(readObject(await fetchText(socketPath, '/version')), 'nodeName');
  const wanted = options.get('--node');
  return wanted === undefined || wanted === node ? node : undefined;
}

async function fetchList(socketPath: string, path: string): Promise<readonly JsonObject[]> {
  const parsed: unknown = JSON.parse(await fetchText(socketPath, path));
  return readList(parsed).map(toObject);
}

function formatUptime(nanoseconds: number): string {
  const total = Math.floor(nanoseconds / 1e9);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function joinHostPort(peer: JsonObject): string {
  const address = textOf(peer, 'peer-address');
  return `${address.includes(':') ? `[${address}]` : address}:${textOf(peer, 'peer-port')}`;
}

function listPeerRows(node: string, peer: JsonObject): string[][] {
  const head = [node, textOf(peer, 'local-asn'), textOf(peer, 'peer-asn'), joinHostPort(peer)];
  const session = [textOf(peer, 'session-state'), formatUptime(numberOf(peer, 'uptime-nanoseconds'))];
  const families = readList(peer['families']).map(toObject);
  const rows = families.map((family) => [
    `${textOf(family, 'afi')}/${textOf(family, 'safi')}`,
    textOf(family, 'received'),
    textOf(family, 'advertised'),
  ]);
  // Further families of a peer leave its columns empty.
  return (rows.length === 0 ? [['', '', '']] : rows).map((row, index) => [
    ...(index === 0 ? [...head, ...session] : ['', '', '', '', '', '']),
    ...row,
  ]);
}

function renderCapabilities(peers: readonly JsonObject[]): string {
  const list = (peer: JsonObject, key: string): string =>
    readList(peer[key])
      .map((entry) => Buffer.from(textOf(toObject(entry), 'capabilities'), 'base64'))
      .map((bytes) => `${bytes[0]}${bytes.length > 2 ? `=${bytes.subarray(2).toString('hex')}` : ''}`)
      .join(' ');
  return renderColumns([
    ['Peer Address', 'Local Capabilities', 'Remote Capabilities'],
    ...peers.map((peer) => [joinHostPort(peer), list(peer, 'local-capabilities'), list(peer, 'remote-capabilities')]),
  ]);
}

async function runPeers(context: CommandContext): Promise<number> {
  const {
    arguments: { words, options },
    socketPath,
    output,
  } = context;
  if (words.length > 0) throw new UsageError(`bgp peers takes no words: ${words.join(' ')}`);
  const format = readFormat(options, 'summary');
  const node = await findNode(context);
  const peers = node === undefined ? [] : await fetchList(socketPath, '/v1/bgp/peers');
  if (format !== 'summary') await write(output.stdout, await renderData(peers, format));
  else if (peers.length === 0) await write(output.stdout, 'No BGP peer sessions found on this node\n');
  else if (options.has('--capabilities')) await write(output.stdout, renderCapabilities(peers));
  else {
    const head = [
      'Node',
      'Local AS',
      'Peer AS',
      'Peer Address',
      'Session State',
      'Uptime',
      'Family',
      'Received',
      'Advertised',
    ];
    await write(output.stdout, renderColumns([head, ...peers.flatMap((peer) => listPeerRows(node ?? '', peer))]));
  }
  return 0;
}

const routesUsage =
  'bgp routes [available|advertised|received] [ipv4|ipv6] [unicast] [vrouter ASN] [peer|neighbor ADDRESS]';
const tables: Readonly<Record<string, string>> = {
  available: 'loc-rib',
  advertised: 'adj-rib-out',
  received: 'adj-rib-in',
};

/** The query of /v1/bgp/routes that the words mean. */
function readRouteWords(words: readonly string[]): URLSearchParams {
  const rest = [...words];
  const table = rest[0] !== undefined && rest[0] in tables ? rest.shift() : 'available';
  const afi = rest[0] === 'ipv4' || rest[0] === 'ipv6' ? rest.shift() : 'ipv4';
  if (rest[0] === 'unicast') rest.shift();
  const query = new URLSearchParams({ table_type: tables[table ?? 'available'], afi: afi ?? 'ipv4', safi: 'unicast' });
  while (rest.length > 0) {
    const [word, value] = rest.splice(0, 2);
    const name = word === 'vrouter' ? 'router_asn' : 'neighbor';
    if (!['vrouter', 'peer', 'neighbor'].includes(word) || value === undefined || query.has(name)) {
      throw new UsageError(`unexpected ${word}; expected waggle ${routesUsage}`);
    }
    query.set(name, value);
  }
  return query;
}

async function runRoutes(context: CommandContext): Promise<number> {
  const {
    arguments: { words, options },
    output,
  } = context;
  const query = readRouteWords(words);
  const format = readFormat(options, 'summary');
  if ((await findNode(context)) === undefined) {
    await write(output.stdout, format === 'summary' ? 'No routes found\n' : await renderData([], format));
    return 0;
  }
  await printAnswer(context, `/v1/bgp/routes?${query.toString()}`, format === 'summary' ? 'text' : format);
  return 0;
}

function joinList(value: unknown, show: (entry: JsonObject) => string): string {
  return readList(value)
    .map((entry) => show(toObject(entry)))
    .join(', ');
}

function listActions(statement: JsonObject): string {
  const parts = [
    readList(statement['add-communities']).length > 0
      ? `AddCommunities: [${readList(statement['add-communities']).join(' ')}]`
      : '',
    readList(statement['add-large-communities']).length > 0
      ? `AddLargeCommunities: [${readList(statement['add-large-communities']).join(' ')}]`
      : '',
    statement['set-local-preference'] === undefined
      ? ''
      : `SetLocalPreference: ${textOf(statement, 'set-local-preference')}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function listPolicyRows(policy: JsonObject): string[][] {
  const head = [textOf(policy, 'router-asn'), textOf(policy, 'name'), textOf(policy, 'type')];
  return readList(policy['statements']).map((entry, index) => {
    const statement = toObject(entry);
    const prefixes = toObject(statement['match-prefixes'])['prefixes'];
    const range = (prefix: JsonObject): string =>
      `${textOf(prefix, 'cidr')} (${textOf(prefix, 'prefix-len-min')}..${textOf(prefix, 'prefix-len-max')})`;
    return [
      ...(index === 0 ? head : ['', '', '']),
      readList(toObject(statement['match-neighbors'])['neighbors']).join(', '),
      joinList(statement['match-families'], (family) => `${textOf(family, 'afi')}/${textOf(family, 'safi')}`),
      joinList(prefixes, range),
      textOf(statement, 'route-action'),
      listActions(statement),
    ];
  });
}

async function runPolicies({ arguments: { words, options }, socketPath, output }: CommandContext): Promise<number> {
  const [word, asn, ...rest] = words;
  if (word !== undefined && (word !== 'vrouter' || asn === undefined || rest.length > 0)) {
    throw new UsageError('expected waggle bgp route-policies [vrouter ASN]');
  }
  const format = readFormat(options, 'summary');
  const query = asn === undefined ? '' : `?${new URLSearchParams({ router_asn: asn }).toString()}`;
  const policies = await fetchList(socketPath, `/v1/bgp/route-policies${query}`);
  const head = [
    'VRouter',
    'Policy Name',
    'Type',
    'Match Peers',
    'Match Families',
    'Match Prefixes (Min..Max Len)',
    'RIB Action',
    'Path Actions',
  ];
  const table = renderColumns([head, ...policies.flatMap(listPolicyRows)]);
  await write(output.stdout, format === 'summary' ? table : await renderData(policies, format));
  return 0;
}

const peers: Command = {
  name: 'bgp peers',
  usage: 'bgp peers [-o json|yaml|summary] [-c]',
  about: 'State of the BGP peers.',
  options: [outputOption, nodeOption, { name: '--capabilities', short: '-c', help: 'what both sides announced' }],
  run: runPeers,
};

export const bgpCommands: readonly Command[] = [
  peers,
  { ...peers, name: 'bgp neighbors', about: 'The same as bgp peers.' },
  {
    name: 'bgp routes',
    usage: routesUsage,
    about:
      'Routes of the local table (available), sent to peers, or received from them; available ipv4 unicast by default.',
    options: [outputOption, nodeOption],
    run: runRoutes,
  },
  {
    name: 'bgp route-policies',
    usage: 'bgp route-policies [vrouter ASN] [-o json|yaml|summary]',
    about: 'Route policies in force.',
    options: [outputOption],
    run: runPolicies,
  },
];
