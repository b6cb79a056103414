// The checks of the quickstart lab: both sides of each session agree, routes are right in both directions, packets flow, and
// they flow because of Waggle's routes and nothing else.
import { asArray, asRecord, at, parseJson, readNumber, readString } from '../json.ts';
import { startNamed } from '../life.ts';
import { nodePaths, type LabPaths } from '../paths.ts';
import { stopDaemon } from '../processes.ts';
import { quickstart, type QuickstartNode, quickstartNodes, torAsn } from '../topologies/quickstart.ts';
import { isIpv6 } from '../topology.ts';
import { type Check, lookUntil, notOk, ok, unlessWrong } from './check.ts';
import { readExpectedRoutes } from './expected-file.ts';
import { getJsonFromWaggle, readFrom, readJsonFrom, runIn } from './lab-reader.ts';
import { type Family, readReceived, readWaggleTable, summarizeRow } from './received.ts';
import { differences, type Route, summarizeRoute, tableOf } from './route.ts';
import { type FamilyKey, findSession, readFrrSummary, readWaggleSummary } from './session.ts';
import { managementChecks } from './management.ts';
import { reachAll, unreachable } from './reach.ts';

type Session = { readonly node: string; readonly tor: string };

function familyOf(session: Session): Family {
  return isIpv6(session.node) ? 'ipv6' : 'ipv4';
}

function keyOf(session: Session): FamilyKey {
  return isIpv6(session.node) ? 'ipv6Unicast' : 'ipv4Unicast';
}

export function quickstartChecks(lab: LabPaths): readonly Check[] {
  const sessions = quickstartNodes.flatMap((node) => node.sessions.map((session) => ({ node, session })));
  return [
    ...sessions.map(({ node, session }) => sessionCheck(lab, node, session)),
    ...sessions.flatMap(({ node, session }) => [
      announcedCheck(lab, node, session),
      receivedCheck(lab, node, session),
      kernelCheck(lab, node, session),
    ]),
    ...quickstartNodes.map((node) => trafficCheck(lab, node)),
    ...quickstartNodes.map((node) => apiCheck(lab, node)),
    ...managementChecks(lab),
    causeCheck(lab),
  ];
}

function sessionCheck(lab: LabPaths, node: QuickstartNode, session: Session): Check {
  return {
    name: `session tor1 - ${node.name}, ${familyOf(session)}`,
    expected: `both sides Established, AS ${torAsn} and ${node.asn}, each has received as many routes as the other sent`,
    look: async () => {
      const key = keyOf(session);
      const frr = findSession(await readFrrSummary(lab, 'tor1'), key, session.node);
      const waggle = findSession(await readWaggleSummary(lab, node.name), key, session.tor);
      if (frr === undefined) return notOk(`tor1 lists no neighbor ${session.node} under ${key}`);
      if (waggle === undefined) return notOk(`${node.name} lists no neighbor ${session.tor} under ${key}`);
      const wrong: string[] = [];
      const same = (what: string, left: unknown, right: unknown): void => {
        if (left === undefined || left !== right) wrong.push(`${what}: ${String(left)} and ${String(right)}`);
      };
      same('state on tor1 and wanted', frr.state, 'Established');
      same(`state on ${node.name} and wanted`, waggle.state, 'Established');
      same("tor1's AS, own and as seen", torAsn, waggle.remoteAs);
      same("tor1's local AS and wanted", frr.localAs, torAsn);
      same(`${node.name}'s AS, own and as seen`, waggle.localAs, frr.remoteAs);
      same(`${node.name}'s AS and wanted`, waggle.localAs, node.asn);
      same("tor1's pfxRcd and waggle's pfxSnt", frr.pfxRcd, waggle.pfxSnt);
      same("tor1's pfxSnt and waggle's pfxRcdPrePolicy", frr.pfxSnt, waggle.pfxRcdPrePolicy);
      same('pfxRcd on the node (nothing is accepted under a peering policy) and wanted', waggle.pfxRcd, 0);
      return unlessWrong(
        wrong,
        `Established on both sides, ${waggle.pfxSnt} sent and received by tor1, ${frr.pfxSnt} sent by tor1 and received`,
      );
    },
  };
}

/** What the node says it sent, what tor1 says it has, and what is expected: all three the same. */
function announcedCheck(lab: LabPaths, node: QuickstartNode, session: Session): Check {
  const family = familyOf(session);
  return {
    name: `routes ${node.name} → tor1, ${family}`,
    expected: `${node.podCidrs[family === 'ipv4' ? 0 : 1]} with next hop, AS path and communities, the same on both sides`,
    look: async () => {
      const expected = tableOf(
        readExpectedRoutes(lab).filter((route) => route.at === 'tor1' && route.from === session.node),
      );
      const atTor = await readReceived(lab, { node: 'tor1', kind: 'frr', family, neighbor: session.node });
      const neighbor = session.tor;
      const sent = await readWaggleTable(lab, { node: node.name, family, neighbor }, 'adj-rib-out');
      const wrong = [
        ...differences(expected, tableOf(atTor), 'tor1'),
        ...differences(expected, tableOf(sent), node.name),
        ...(await compareShown(lab, node, session, 'advertised', sent)),
      ];
      return unlessWrong(wrong, [...expected.keys()].join(' '));
    },
  };
}

function receivedCheck(lab: LabPaths, node: QuickstartNode, session: Session): Check {
  const family = familyOf(session);
  return {
    name: `routes tor1 → ${node.name}, ${family}`,
    expected: `exactly what tor1 says it sent, as expected.json says`,
    look: async () => {
      const expected = tableOf(
        readExpectedRoutes(lab).filter((route) => route.at === node.name && route.from === session.tor),
      );
      const seen = await readReceived(lab, { node: node.name, kind: 'waggle-agent', family, neighbor: session.tor });
      // tor1 keeps both nodes in one update group, so it also sends a node's own routes back to it.
      const foreign = seen.filter((route) => !route.asPath.split(' ').includes(String(node.asn)));
      const told = await readJsonFrom(lab, 'tor1', [
        'vtysh',
        '-c',
        `show bgp ${family} unicast neighbors ${session.node} advertised-routes json`,
      ]);
      const sent = Object.keys(asRecord(at(told, 'advertisedRoutes'))).toSorted();
      const wrong = [
        ...differences(expected, tableOf(foreign), node.name),
        ...(await compareShown(lab, node, session, 'received', seen)),
      ];
      const received = seen.map((route) => route.prefix).toSorted();
      if (String(sent) !== String(received))
        wrong.push(`tor1 sent ${String(sent)} but ${node.name} has ${String(received)}`);
      return unlessWrong(wrong, received.join(' '));
    },
  };
}

/** The show table against the octets behind it. */
async function compareShown(
  lab: LabPaths,
  node: QuickstartNode,
  session: Session,
  table: 'advertised' | 'received',
  routes: readonly Route[],
): Promise<readonly string[]> {
  const path = `/show/bgp/${familyOf(session)}/unicast/neighbors/${session.tor}/${table}-routes`;
  const rows = asRecord(at(await getJsonFromWaggle(lab, node.name, path), `${table}Routes`));
  const shown = Object.entries(rows).map(([prefix, row]) => summarizeRow(prefix, row));
  const real = routes.map(summarizeRoute);
  const isSame = String(shown.toSorted()) === String(real.toSorted());
  return isSame ? [] : [`${node.name}'s ${table}-routes show ${shown.join(', ')} instead of ${real.join(', ')}`];
}

function kernelCheck(lab: LabPaths, node: QuickstartNode, session: Session): Check {
  const family = familyOf(session);
  const cidr = node.podCidrs[family === 'ipv4' ? 0 : 1];
  return {
    name: `kernel of tor1, ${cidr}`,
    expected: `a route of BGP's out of the link to ${node.name}`,
    look: async () => {
      const text = await readFrom(lab, 'tor1', ['ip', family === 'ipv4' ? '-4' : '-6', '-j', 'route', 'show', cidr]);
      const routes = asArray(parseJson(text));
      const seen = routes.map((route) => `${readString(route, 'protocol')} dev ${readString(route, 'dev')}`).join(', ');
      const isOk = routes.length === 1 && seen === `bgp dev ${node.name}`;
      return isOk ? ok(seen) : notOk(seen === '' ? 'no such route' : seen);
    },
  };
}

function trafficCheck(lab: LabPaths, node: QuickstartNode): Check {
  return {
    name: `traffic client → pods of ${node.name}`,
    expected: `${node.podAddresses.join(' and ')} answer ping, and a TCP connection reaches ${node.name}`,
    look: async () => await reachAll(lab, [node]),
  };
}

function apiCheck(lab: LabPaths, node: QuickstartNode): Check {
  return {
    name: `API of ${node.name} on 127.0.0.1:9880`,
    expected: `the same summary over TCP as over the socket, in FRR's shape: local AS ${node.asn}`,
    look: async () => {
      const script =
        "fetch('http://127.0.0.1:9880/show/bgp/summary').then((answer) => answer.text())" +
        '.then((text) => process.stdout.write(text), () => process.exit(1))';
      const text = await readFrom(lab, node.name, ['node', '-e', script]);
      const asn = readNumber(parseJson(text), 'ipv4Unicast', 'as');
      return asn === node.asn
        ? ok(`ipv4Unicast.as is ${asn}`)
        : notOk(`ipv4Unicast.as is ${String(asn)}: ${text.slice(0, 200).replaceAll(/\s+/g, ' ')}`);
    },
  };
}

/** Takes away what is claimed to be the cause and looks whether the effect goes, and comes back with it. */
function causeCheck(lab: LabPaths): Check {
  const [first, ...others] = quickstartNodes;
  return {
    name: `stop waggle on ${first.name}`,
    expected: `${first.name}'s pods, and only they, become unreachable; they come back with waggle`,
    isDisruptive: true,
    look: async () => {
      const before = await reachAll(lab, quickstartNodes);
      if (!before.isOk) return notOk(`before: ${before.seen}`);
      await stopDaemon(nodePaths(lab, first.name), 'waggle');
      const gone = await lookUntil(unreachable(lab, first), performance.now() + 15_000);
      const rest = await reachAll(lab, others);
      // The node itself is still there: it is the route that is gone.
      const link = await runIn(lab, 'tor1', ['ping', '-n', '-c', '1', '-W', '1', first.sessions[0].node]);
      await startNamed(lab, quickstart, first.name, 'waggle');
      const back = await lookUntil(
        { name: 'back', expected: 'reachable', look: async () => await reachAll(lab, quickstartNodes) },
        performance.now() + 30_000,
      );
      const wrong = [
        ...(gone.isOk ? [] : [`without waggle: ${gone.seen}`]),
        ...(rest.isOk ? [] : [`others: ${rest.seen}`]),
        ...(link.code === 0 ? [] : [`${first.name} itself is away`]),
        ...(back.isOk ? [] : [`after the start: ${back.seen}`]),
      ];
      return unlessWrong(wrong, `${gone.seen}; ${rest.seen}; all back after the start`);
    },
  };
}
