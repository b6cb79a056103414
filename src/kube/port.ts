// The port behind which Kubernetes objects come: from files today (manifest-store.ts), from an API
// server later. Readers take whole lists and recompute; nobody is told what exactly changed.

import type { FieldPath } from '#control/yaml/document.ts';
import type { KindName, Kinds } from './kinds.ts';

/** A fault in what a store was given; the last good version of the object stays in the store. */
export interface StoreFault {
  /** `file:line`, or only the file, where the store knows it. */
  readonly where: string;
  /** `CiliumBGPPeeringPolicy/rack0`; undefined when the text could not be read that far. */
  readonly object: string | undefined;
  /** Path of the field, its value and what would be right, in words. */
  readonly message: string;
}

export interface KubeStore {
  list<K extends KindName>(kind: K): readonly Kinds[K][];
  /** `file:line` of a field of an object; undefined where objects do not come from files. */
  locate(object: string, path: FieldPath): string | undefined;
  faults(): readonly StoreFault[];
  /** Called after each change of objects or faults; one listener. */
  onChange(listener: () => void): void;
  /** Resolves once every object is known. */
  start(): Promise<void>;
  stop(): void;
}
