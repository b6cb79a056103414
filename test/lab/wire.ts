// What Waggle puts on the wire while something happens in a lab, as tshark reads it.
import { setTimeout as sleep } from 'node:timers/promises';
import { getTopology } from '#lab/topologies/index.ts';
import { endsOf, hostPart } from '#lab/topology.ts';
import { type BgpFrame, makeCaptureDirectory, MessageType, readFrames, startCapture } from '../interop/capture.ts';

export type SentFrame = BgpFrame & { readonly link: string };

/** Every frame that Waggle sent on any of its links meanwhile. */
export async function sentWhile(topologyName: string, act: () => Promise<void>): Promise<readonly SentFrame[]> {
  const topology = getTopology(topologyName);
  const ours = topology.nodes.filter((node) => node.kind.startsWith('waggle'));
  const names = new Set(ours.map((node) => node.name));
  const addresses = new Set(
    ours
      .flatMap((node) => [...(node.loopback ?? []), ...endsOf(topology, node.name).flatMap((end) => end.addresses)])
      .map(hostPart),
  );
  const links = topology.links.filter((link) => link.ends.some((end) => names.has(end.node)));
  const directory = makeCaptureDirectory();
  try {
    const captures = await Promise.all(links.map((link) => startCapture(directory.path, topologyName, link.name)));
    await act();
    // tshark writes what it has read in batches.
    await sleep(1_500);
    await Promise.all(captures.map((capture) => capture.stop()));
    const frames = await Promise.all(
      captures.map(async ({ link, file }) => (await readFrames(file)).map((frame) => ({ ...frame, link }))),
    );
    return frames.flat().filter((frame) => addresses.has(frame.source));
  } finally {
    directory.remove();
  }
}

export function count(frames: readonly SentFrame[], type: keyof typeof MessageType): number {
  return frames.flatMap((frame) => frame.types).filter((each) => each === MessageType[type]).length;
}

/** What tshark calls malformed or warns of, each once, with the link. */
export function complaintsOf(frames: readonly SentFrame[]): readonly string[] {
  return [...new Set(frames.flatMap((frame) => frame.complaints.map((complaint) => `${frame.link}: ${complaint}`)))];
}

export function hasAttribute(frames: readonly SentFrame[], code: number): boolean {
  return frames.some((frame) => frame.attributes.includes(String(code)));
}
