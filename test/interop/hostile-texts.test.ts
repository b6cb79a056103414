// Texts of peers that mean harm, and of a configuration that looks as if it did: what becomes of them in a real process's log (both
// formats), tables, JSON, the REST API and metrics. A text may say anything but must stay one text, on one line, in its field.

import test from 'ava';
import { asRecord, at } from '#lab/json.ts';
import { Bystander } from '#support/bystander.ts';
import { command, needs, root } from '#support/skip.ts';
import { notification, open } from '../bgp/session/bytes.ts';
import { until } from '../speaker/until.ts';
import { manyNeighbors, octetsOf, PEER_ASN, type RawNeighbor, RawRouter } from './raw-router.ts';

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];

/** Each with something that people may still read. */
const texts: readonly (readonly [name: string, octets: readonly number[]])[] = [
  ['escape sequences', utf8('\u001b[2J\u001b]0;title\u0007\u009b31mplain')],
  ['an escape sequence that never ends', utf8('plain\u001b]8;;http://example.com')],
  ['NUL', utf8('pl\u0000ain plain')],
  ['newlines of every kind', utf8('plain\n\r\n\u0085\u2028\u2029{"level":60,"msg":"forged"}')],
  ['quotes and braces', utf8(`plain"}]}, {"level":60,\\"x\\":'`)],
  ['a direction that is turned round', utf8('plain\u202e\u2066\u200f\u061c')],
  ['letters that nobody sees', utf8('\ufeffpl\u200bain\u2060 plain\u00ad\u{e0041}')],
  ['octets that are no UTF-8', [...utf8('plain'), 0xc3, 0x28, 0xff, 0xfe, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf4, 0x90]],
  ['labels of metrics', utf8('plain"} 1\nwaggle_up{a="\\')],
  ['templates and formats', utf8('plain {{ .V }} ${jndi:x} %s %n $(id) `id` <script>')],
];
const speakers = manyNeighbors(texts.length, PEER_ASN);
const [bystanderAt, described] = manyNeighbors(2, PEER_ASN, 2001);
/** What a text of ours may hold as well: a description that would close quotes of JSON, YAML and metrics. */
const talker: RawNeighbor = { ...described, description: String.raw`"} x{a="\ {{ .Values }} %s %d` };

const unsafe = /[^\P{Cc}\n]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

async function lookAt(
  us: RawRouter,
): Promise<{ readonly json: readonly unknown[]; readonly table: string; readonly metrics: string }> {
  const json = ['/show/bgp/neighbors', '/show/bgp/summary', '/show/bgp/ipv4/unicast', '/v1/bgp/peers', '/status'];
  const tables = json.slice(0, 3);
  return {
    json: await Promise.all(json.map((path) => us.get(path))),
    table: (await Promise.all(tables.map((path) => us.getText(path)))).join(''),
    metrics: await us.metrics(),
  };
}

/** Every text in a value that JSON may hold, names of fields included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

const metricLine = /^(?:#.*|[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)*\})? \S+)$/;

for (const logFormat of ['json', 'text'] as const) {
  test.serial(
    `class 20: host names, versions and shutdown texts of every kind break no log line (${logFormat}), table, JSON or metric`,
    needs([root, command('ip', 'iproute2')], async (t) => {
      t.timeout(150_000);
      const us = await RawRouter.start({ neighbors: [...speakers, talker, bystanderAt], logFormat });
      try {
        const bystander = await Bystander.join(us, bystanderAt);
        const from = us.log.length;
        const peers = await Promise.all(
          texts.map(async ([, octets], index) => {
            const { address } = speakers[index];
            const fqdn = [octets.length, ...octets, octets.length, ...octets];
            const own = [
              73,
              fqdn.length,
              ...fqdn,
              75,
              octets.length + 1,
              octets.length,
              ...octets,
              222,
              octets.length,
              ...octets,
            ];
            const peer = us.connect(address);
            const base = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, PEER_ASN >> 8, PEER_ASN & 255];
            await peer.reach('Established', open({ id: octetsOf(address), capabilities: [...base, ...own] }));
            return peer;
          }),
        );
        const standing = await lookAt(us);
        for (const [index, peer] of peers.entries()) {
          const [, octets] = texts[index];
          const text = [octets.length, ...octets];
          // A shutdown text, one within a Hard Reset, data of a code that has none.
          peer.send(
            [notification(6, 2, text), notification(6, 9, [6, 4, ...text]), notification(255, 255, octets)][index % 3],
          );
        }
        await until(() => peers.every((peer) => peer.isClosed), 30_000);
        const ended = await lookAt(us);
        for (const { json, table, metrics } of [standing, ended]) {
          for (const text of json.flatMap(textsIn)) t.notRegex(text, unsafe);
          t.notRegex(table, unsafe);
          t.true(table.includes(String.raw`x{a="\\ {{ .Values }} %s`), 'the description is text and nothing else');
          const lines = metrics.trimEnd().split('\n');
          t.true(lines.length > 100);
          t.deepEqual(
            lines.filter((line) => line !== '' && !metricLine.test(line)),
            [],
          );
          t.notRegex(metrics, unsafe);
        }
        // What can be read of it is shown.
        const shown = asRecord(standing.json[0]);
        for (const [index, [name]] of texts.entries()) {
          t.regex(String(at(shown, speakers[index].address, 'hostname')), /plain/, name);
          t.regex(JSON.stringify(at(shown, speakers[index].address)), /"receivedSoftwareVersion":"[^"]*plain/, name);
        }
        const over = asRecord(ended.json[0]);
        for (const [index, [name]] of texts.entries()) {
          const reason = String(at(over, speakers[index].address, 'lastResetDueTo'));
          const words = [
            'Cease/Administrative Shutdown: ',
            'Cease/Hard Reset (Cease/Administrative Reset): ',
            '255/255',
          ][index % 3];
          if (index % 3 < 2) t.true(reason.startsWith(words) && reason.includes('plain'), `${name}: ${reason}`);
          t.true(us.log.includes(`from ${speakers[index].address}: ${index % 3 < 2 ? words : ''}`), name);
        }
        const logged = us.log.slice(from);
        t.notRegex(logged, unsafe);
        for (const line of logged.trimEnd().split('\n')) {
          if (logFormat === 'text') t.regex(line, /^\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, line);
          else t.not(asRecord(JSON.parse(line)).level, 60, line);
        }
        await bystander.check(t);
      } finally {
        await us.stop();
      }
    }),
  );
}
