// Whether an object can be meant as it stands, whatever node reads it: what an API server's schema cannot
// say (addresses, communities, fields that contradict each other). A wrong edit is refused as a whole and
// the version before it stays in force. What is only not supported yet is admitted; the reconciler
// refuses it by path.

import type { FieldPath } from '../yaml/document.ts';
import { hasHostBits, parsePrefix } from '#bgp/net/prefix.ts';
import type { Labels } from '../kubernetes/label-selector.ts';
import type { LocalNode } from './local-node.ts';
import { ProblemList, type ObjectProblem } from './object-problem.ts';
import { desiredBgp } from './peering-policy.ts';
import type { PeeringPolicySpec } from './peering-policy-types.ts';
import { parseRouterAnnotation, ROUTER_ANNOTATION } from './router-annotation.ts';
import { decodeBase64, type PasswordSource } from './secrets.ts';

/** Stands in for any node: has what a reconciler could ask for. */
const anyNode: LocalNode = {
  name: 'any',
  labels: {},
  annotations: {},
  annotationObjects: {},
  podCIDRs: [{ text: '192.0.2.0/24', object: 'Node/any', path: ['spec', 'podCIDRs', 0] }],
  ipv4: '192.0.2.1',
};

/** Stands in for the Secrets of any cluster. */
const anySecrets: PasswordSource = { passwordOf: () => ({ password: 'any' }) };

/** Everything that is wrong with a policy or not supported yet, on any node. */
export function judgePeeringPolicy(name: string, spec: PeeringPolicySpec): readonly ObjectProblem[] {
  // Without the selector: the policy is judged, not whether it speaks of the stand-in.
  const { virtualRouters } = spec;
  return desiredBgp([{ name, creationTimestamp: '', spec: { virtualRouters } }], anyNode, undefined, anySecrets)
    .problems;
}

/** What an API server would not take. Which keys a session needs is said where one names the Secret. */
export function judgeSecret(object: string, data: Readonly<Record<string, string>>): readonly ObjectProblem[] {
  const list = new ProblemList();
  for (const [key, value] of Object.entries(data)) {
    if (decodeBase64(value) !== undefined) continue;
    list.addHidden(object, ['data', key], 'expected base64; a text as it is belongs under stringData');
  }
  return list.problems;
}

export interface JudgedNode {
  /** `CiliumNode/worker1`. */
  readonly object: string;
  readonly annotations: Labels;
  readonly podCIDRs: readonly { readonly text: string; readonly path: FieldPath }[];
}

export function judgeNode(node: JudgedNode): readonly ObjectProblem[] {
  const list = new ProblemList();
  for (const [key, text] of Object.entries(node.annotations)) {
    if (!key.startsWith(ROUTER_ANNOTATION)) continue;
    const path = ['metadata', 'annotations', key];
    const asn = key.slice(ROUTER_ANNOTATION.length);
    if (!/^[1-9]\d{0,9}$/.test(asn) || Number(asn) > 0xffff_ffff) {
      list.add('invalid', node.object, path, key, 'expected an AS number behind the last dot of the key');
    }
    for (const { part, message } of parseRouterAnnotation(text).faults) {
      list.add('invalid', node.object, path, part, message);
    }
  }
  for (const { text, path } of node.podCIDRs) {
    if (parsePrefix(text) !== undefined && !hasHostBits(text)) continue;
    list.add('invalid', node.object, path, text, 'expected a prefix without host bits, such as 10.244.1.0/24');
  }
  return list.problems;
}
