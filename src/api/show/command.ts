// What a show command is: its words, what it answers, and the two renderers. The tree (tree.ts) lists them as data; REST, the
// command line and openapi.json are all made from that list.

import type { SpeakerPort } from '#speaker/port.ts';
import type { WriteBody } from '../slices.ts';

/** Text, or what writes a large one slice by slice. */
export type Body = string | WriteBody;

export interface ShowContext {
  readonly speaker: SpeakerPort;
  readonly nodeName: string;
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: () => number;
}

export interface ShowRequest {
  /** The command's words in full, arguments included, as in `bgp neighbors 192.0.2.1 routes`. */
  readonly words: readonly string[];
  readonly hasWord: (word: string) => boolean;
  readonly neighbor: string | undefined;
  /** A prefix or an address. */
  readonly prefix: string | undefined;
  readonly instance: string | undefined;
  readonly community: string | undefined;
  readonly largeCommunity: string | undefined;
  /** Over the AS path. */
  readonly expression: string | undefined;
}

/** Only the renderer asked for runs. */
export interface ShowAnswer {
  readonly json: () => Body;
  readonly text: () => Body;
  /** Lets go of what the answer holds when nobody reads it (to the end); harmless afterwards. */
  readonly close?: () => void;
}

export interface ShowCommand {
  /** FRR's notation: `(a|b)` one of, `[a]` may be left out, capitals stand for an argument. */
  readonly pattern: string;
  readonly help: string;
  /** `stream`: a table that may be large and is sent in slices. */
  readonly size: 'small' | 'stream';
  readonly answer: (context: ShowContext, request: ShowRequest) => Promise<ShowAnswer>;
}
