// One prefix after the other through a device: from the write at the generator until the read at the receiver that brought it.
// The networks are RFC 2544's, which no table of the bench has.

import { setTimeout as sleep } from 'node:timers/promises';

import { encodeRoutes } from './encode.ts';
import { generatorPlan, receiverPlan } from './plan.ts';
import { startRelay } from './relay.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';

export const probeCount = 1000;
const intervalMs = 2;
const limitMs = 2000;
/** 198.18.0.0 */
const network = 0xc6120000;
/** What V8 compiles of this process takes its time once. */
const rehearsals = 2;
const holdTimeSec = 180;

/** Milliseconds, one value a probe; lost ones are missing. */
export async function probe(generator: Session, receiver: Session): Promise<readonly number[]> {
  const delaysMs: number[] = [];
  for (let index = 0; index < probeCount; index += 1) {
    await sleep(intervalMs);
    const before = receiver.log.prefixes;
    const update = encodeRoutes(generatorPlan, [network + index], 32);
    const delay = await new Promise<number | undefined>((resolve) => {
      const timer = setTimeout(resolve, limitMs, undefined);
      const sentMs = performance.now();
      receiver.onRead = (atMs) => {
        if (receiver.log.prefixes === before) return;
        clearTimeout(timer);
        resolve(atMs - sentMs);
      };
      generator.write(update);
    });
    if (delay !== undefined) delaysMs.push(delay);
  }
  return delaysMs;
}

/**
 * Probes a relay within this process, before there is a device: what is measured later is the device's time and not what this
 * process spends on compiling itself. The device comes to its first probe as it is.
 */
export async function rehearse(): Promise<void> {
  const host = '127.0.0.1';
  const generatorAtHome = { ...generatorPlan, address: '127.0.0.2', deviceAddress: host };
  const receiverAtHome = { ...receiverPlan, address: '127.0.0.3', deviceAddress: host };
  const relay = startRelay({ host, generator: generatorAtHome, receiver: receiverAtHome });
  const [receiver, generator] = await Promise.all([
    openSession({ plan: receiverAtHome, holdTimeSec, keepsBytes: true, capacityBytes: 1 << 20 }),
    openSession({ plan: generatorAtHome, holdTimeSec, keepsBytes: false, capacityBytes: 1 << 20 }),
  ]);
  for (let count = 0; count < rehearsals; count += 1) await probe(generator, receiver);
  generator.close();
  receiver.close();
  relay.close();
}
