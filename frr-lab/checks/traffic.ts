// Whether packets flow: ping, and a TCP connection whose answer names the node that was reached.
import type { LabPaths } from '../paths.ts';
import { answerPort } from '../topologies/quickstart.ts';
import { notOk, ok, type Seen } from './check.ts';
import { runIn } from './lab-reader.ts';

export async function ping(lab: LabPaths, from: string, address: string): Promise<Seen> {
  const output = await runIn(lab, from, ['ping', '-n', '-c', '1', '-W', '1', address]);
  const last = output.stdout.split('\n').find((line) => line.includes('packets transmitted')) ?? output.stderr.trim();
  return output.code === 0 ? ok(`${address} answers`) : notOk(`ping ${address}: ${last}`);
}

/** The name that whoever answers at an address gives; undefined if nobody does. */
export async function askName(lab: LabPaths, from: string, address: string): Promise<string | undefined> {
  const output = await runIn(lab, from, ['nc', '-n', '-w', '2', '-d', address, String(answerPort)]);
  return output.code === 0 && output.stdout !== '' ? output.stdout.trim() : undefined;
}

/** Ping and TCP together: the address is reachable, and it is that node's. */
export async function reach(lab: LabPaths, from: string, address: string, name: string): Promise<Seen> {
  const pinged = await ping(lab, from, address);
  if (!pinged.isOk) return pinged;
  const answer = await askName(lab, from, address);
  if (answer === undefined) return notOk(`${address} answers ping but no TCP on port ${answerPort}`);
  return answer === name
    ? ok(`${address} answers ping, and TCP says ${answer}`)
    : notOk(`${address} turns out to be ${answer}`);
}
