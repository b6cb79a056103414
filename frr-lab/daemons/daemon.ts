// What the lab knows of a kind of node: which folder its configuration belongs in, which directories its programs expect, and
// which programs they are. One file a kind beside this one.
import type { LabNode } from '../topology.ts';

/** A line of node-root.sh's mounts file. */
export type Mount = readonly ['bind', string, string] | readonly ['dir', string, string];

export type Daemon = {
  readonly name: string;
  readonly command: readonly string[];
  /** Exists in the node once the daemon can be talked to. */
  readonly readyFile?: string;
  /** Run in the node once the daemon is ready; has to succeed. */
  readonly afterStart?: readonly string[];
};

/** An account that the daemon insists on and that the host may lack. It exists in the node only. */
export type Account = { readonly name: string; readonly passwd: string; readonly group: string };

export type KindPlan = {
  /** The tool a Debian package provides that this kind cannot do without; named when it is missing. */
  readonly needs?: string;
  readonly configTarget: string;
  readonly directories: readonly { readonly path: string; readonly owner: string }[];
  readonly accounts?: readonly Account[];
  /** Files beside the node's own configuration. */
  readonly extraFiles?: Readonly<Record<string, string>>;
  readonly daemons: (node: LabNode) => readonly Daemon[];
};
