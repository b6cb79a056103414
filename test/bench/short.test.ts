// The bench in small, for `npm test`: every prefix of a table of 20,000 is right behind each speaker that is installed. It
// asserts correctness only; nothing here depends on how fast the machine is.

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { needs, root, skip } from '#support/skip.ts';

import { Cleanup } from './cleanup.ts';
import { devices } from './devices/index.ts';
import type { Device } from './devices/device.ts';
import { waggle } from './devices/waggle.ts';
import { encodeTable } from './encode.ts';
import { FrameLog } from './frame-log.ts';
import { runLoad } from './load.ts';
import { Verifier } from './verify.ts';
import { buildWorkload } from './workload.ts';

const routes = 20_000;
const seed = 7;

function find(name: string): Device | undefined {
  const device = devices.get(name);
  return device?.findVersion() === undefined ? undefined : device;
}

async function assertEveryPrefix(t: ExecutionContext, device: Device): Promise<void> {
  t.timeout(180_000);
  const cleanup = new Cleanup();
  try {
    const { verdict } = await runLoad(device, routes, seed, cleanup);
    t.deepEqual(verdict.faults, []);
    t.is(verdict.correct, routes);
    t.is(verdict.foreign + verdict.withdrawn + verdict.wrong + verdict.missing, 0);
  } finally {
    cleanup.run();
  }
}

test.serial(
  `waggle passes ${routes} routes on, each with next hop, path, MED and communities as they must be`,
  needs([root], (t) => assertEveryPrefix(t, waggle)),
);

test.serial(
  'another speaker agrees with what the bench expects of waggle',
  needs([root], async (t) => {
    const device = find('bird') ?? find('frr') ?? find('gobgp');
    if (device === undefined) return skip(t, 'none of BIRD 2, FRR and GoBGP is installed');
    await assertEveryPrefix(t, device);
  }),
);

test('the workload has unique prefixes, about six to an attribute set, the same for the same seed', (t) => {
  const workload = buildWorkload(routes, seed);
  const prefixes = new Set<string>();
  for (let route = 0; route < routes; route += 1) prefixes.add(`${workload.address[route]}/${workload.length[route]}`);
  t.is(prefixes.size, routes);
  t.true(routes / workload.setCount > 5 && routes / workload.setCount < 7);
  t.deepEqual(encodeTable(workload), encodeTable(buildWorkload(routes, seed)));
});

test('the verifier sees a changed attribute, a missing, a foreign and a withdrawn prefix', (t) => {
  const workload = buildWorkload(1000, seed);
  const verifier = new Verifier(workload, 'unchanged');
  const table = encodeTable(workload);
  const verify = (bytes: Uint8Array): ReturnType<Verifier['verify']> => {
    const log = new FrameLog(true, 1 << 16, () => {});
    // In two reads, so that a message is cut in the middle.
    log.append(bytes.subarray(0, 5000), 1);
    log.append(bytes.subarray(5000), 2);
    return verifier.verify(log);
  };

  const right = verify(table);
  t.is(right.correct, 1000);
  t.is(right.firstPrefixMs, 1);
  t.is(right.lastPrefixMs, 2);

  const inFirstUpdate = workload.firstRoute[1] - workload.firstRoute[0];
  // Every octet of the first UPDATE's attributes counts: flags, types, lengths and values.
  const attributesEnd = 23 + table.readUInt16BE(21);
  t.true(attributesEnd > 60);
  for (let at = 23; at < attributesEnd; at += 1) {
    const changed = Buffer.from(table);
    changed[at] ^= 1;
    t.like(verify(changed), { correct: 1000 - inFirstUpdate, wrong: inFirstUpdate, missing: 0 }, `octet ${at}`);
  }

  const without = table.subarray(table.readUInt16BE(16));
  t.like(verify(without), { correct: 1000 - inFirstUpdate, wrong: 0, missing: inFirstUpdate });

  const smaller = new Verifier(buildWorkload(500, seed), 'unchanged');
  const log = new FrameLog(true, 1 << 16, () => {});
  log.append(table, 1);
  t.true(smaller.verify(log).foreign >= 400);

  const prefix = [workload.length[0], ...octets(workload.address[0], (workload.length[0] + 7) >> 3)];
  const message = [...Array<number>(16).fill(255), 0, 23 + prefix.length, 2, 0, prefix.length, ...prefix, 0, 0];
  t.like(verify(Buffer.concat([table, Buffer.from(message)])), { correct: 999, missing: 1, withdrawn: 1 });

  const external = new Verifier(workload, 'ebgp');
  t.like(external.verify(log), { correct: 0, wrong: 1000 });
});

function octets(address: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (address >>> (24 - 8 * index)) & 255);
}
