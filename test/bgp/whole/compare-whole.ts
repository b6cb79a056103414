// A whole speaker beside the slow one, as text: Adj-RIBs-In with ages, Loc-RIBs with reasons, what peers must believe, End-of-RIB,
// what is stale and until when.

import { familyByName, type FamilyName } from '#bgp/net/family.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { attributesOfRow, DecisionReason, PathFlag, type RouteQuery } from '#bgp/views.ts';
import { listText, same } from '../rib/compare.ts';
import { textOf } from '../rib/faces.ts';
import type { ModelPath } from '../rib/model.ts';
import { describe } from '../rib/model-route.ts';
import { readUpdate } from '../rib/update-text.ts';
import type { FarEnd } from './far-end.ts';
import { familyNames, type ModelFamily, type ModelNeighbor } from './model-neighbor.ts';
import type { ModelWhole } from './model-speaker.ts';
import { message } from './octets-out.ts';
import { faceOf } from './setting.ts';

type Question = RouteQuery extends infer Q ? (Q extends unknown ? Omit<Q, 'instance' | 'family'> : never) : never;

const reasonNames = Object.fromEntries(Object.entries(DecisionReason).map(([name, code]) => [code, name]));

export function compareWhole(
  model: ModelWhole,
  speaker: Speaker,
  farOf: (neighbor: ModelNeighbor) => FarEnd | undefined,
): void {
  for (const name of familyNames) compareLocRib(model, speaker, name);
  const views = new Map(speaker.view().neighbors.map((view) => [view.address, view]));
  for (const neighbor of model.neighbors) {
    const { address } = neighbor.setting;
    const view = views.get(address);
    if (view === undefined) throw new Error(`${address} is not there`);
    same(`state of ${address}`, String(view.state === 'Established'), String(neighbor.session !== undefined));
    for (const family of neighbor.families) {
      const seen = view.families.find((one) => one.family === family.name);
      same(
        `received and accepted of ${address} ${family.name}`,
        `${seen?.receivedPrePolicy} ${seen?.accepted}`,
        `${family.model.received(family.peer).length} ${family.model.accepted(family.peer).length}`,
      );
      if (seen?.receivedPrePolicy !== 0) compareReceived(speaker, neighbor, family);
      const remainingSec = Math.max(0, Math.ceil((family.deadlineMs - model.nowMs) / 1000));
      same(
        `stale routes of ${address} ${family.name}`,
        JSON.stringify([seen?.stale, seen?.staleRemainingSec, seen?.isLongLived]),
        JSON.stringify([
          family.stale(),
          ...(family.phase === 'none' ? [undefined] : [remainingSec]),
          isLongLived(family),
        ]),
      );
      compareSent(model, neighbor, family, farOf(neighbor));
    }
  }
}

function isLongLived({ phase, wasLongLived }: ModelFamily): boolean {
  return phase === 'long-lived' || (phase === 'resending' && wasLongLived);
}

function compareLocRib(model: ModelWhole, speaker: Speaker, name: FamilyName): void {
  const addresses = new Map(model.neighbors.map(({ families, setting }) => [families[0].peer.number, setting.address]));
  const table = model.models[name];
  const expected = [...table.table.keys()].flatMap((prefix) =>
    table.locRib(prefix).map(({ path, attributes, isBest, reason }) => {
      const source = addresses.get(path.peer.number) ?? 'local';
      return `${prefix} ${source}#${path.pathId} ${seenAge(path)}${isBest ? ' best' : ''} ${reason} ${describe(attributes)}`;
    }),
  );
  const rows = readRows(speaker, name, { table: 'loc-rib' }).map(
    ({ prefix, source, pathId, age, isBest, reason, text }) =>
      `${prefix} ${source}#${pathId} ${age}${isBest ? ' best' : ''} ${reason} ${text}`,
  );
  same(`Loc-RIB ${name}`, rows.toSorted().join('\n'), expected.toSorted().join('\n'));
}

function compareReceived(speaker: Speaker, { setting }: ModelNeighbor, { name, model, peer }: ModelFamily): void {
  const { address } = setting;
  const expected = model
    .pathsOf(peer)
    .map(({ prefix, path }) => `${prefix}#${path.pathId} ${seenAge(path)} ${describe(path.attributes)}`);
  const rows = readRows(speaker, name, { table: 'received', neighbor: address }).map(
    ({ prefix, pathId, age, text }) => `${prefix}#${pathId} ${age} ${text}`,
  );
  same(`received from ${address} ${name}`, rows.toSorted().join('\n'), expected.toSorted().join('\n'));
}

function compareSent(model: ModelWhole, neighbor: ModelNeighbor, family: ModelFamily, far: FarEnd | undefined): void {
  const { name } = family;
  if (far === undefined) return;
  const { address } = neighbor.setting;
  const table = far.tables[name];
  same(`sent to ${address} ${name}`, listText(table.byPrefix()), listText(family.model.advertised(family.peer)));
  const isSaid = neighbor.has(name) && !model.isDeferred(name) && model.hasSynchronised;
  same(`End-of-RIB to ${address} ${name}`, String(table.endsOfRib), isSaid ? '1' : '0');
  same(`refreshes of ${address} ${name}`, `${table.begun} ${table.isRefreshing}`, `${table.ended} false`);
}

interface Row {
  readonly prefix: string;
  readonly source: string;
  readonly pathId: number;
  readonly age: string;
  readonly isBest: boolean;
  readonly reason: string;
  readonly text: string;
}

/** What is stale by BoRR and what is by a lost session looks the same. */
function seenAge({ age }: ModelPath): string {
  return age === 'refreshing' ? 'stale' : age;
}

function readRows(speaker: Speaker, family: FamilyName, question: Question): Row[] {
  const cursor = speaker.openRoutes({ instance: speaker.instance, family, ...question });
  const sources = new Map(cursor.head.peers.map(({ number, address }) => [number, address]));
  const words = familyByName(family)?.words ?? 0;
  const rows: Row[] = [];
  while (!cursor.isDone) {
    const batch = cursor.next();
    for (let row = 0; batch !== undefined && row < batch.count; row++) {
      const block = [...attributesOfRow(batch, row)];
      const update = message(2, [0, 0, block.length >> 8, block.length & 255, ...block]);
      const flags = batch.flags[row];
      const isLocal = batch.peers[row] === 0;
      rows.push({
        prefix: textOf(
          faceOf[family],
          batch.prefixWords.subarray(row * words, (row + 1) * words),
          batch.prefixLengths[row],
        ),
        source: isLocal ? 'local' : (sources.get(batch.peers[row]) ?? 'nobody'),
        pathId: isLocal ? 0 : batch.pathIds[row],
        age: (flags & PathFlag.LongLived) !== 0 ? 'long-lived' : (flags & PathFlag.Stale) !== 0 ? 'stale' : 'current',
        isBest: (flags & PathFlag.Best) !== 0,
        reason: reasonNames[batch.reasons[row]],
        text: readUpdate(update, true).attributes,
      });
    }
  }
  cursor.close();
  return rows;
}
