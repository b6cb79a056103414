// What is wrong with a manifest beyond its schema: hands each kind to the control room that knows it.

import { judgeNode, judgePeeringPolicy, judgeSecret } from '#control/bgp/admission.ts';
import type { ObjectProblem } from '#control/bgp/object-problem.ts';
import type { AnyManifest } from '#kube/kinds.ts';
import type { FieldFault } from '#kube/schema-faults.ts';

/** Everything, with what is only not supported yet. */
export function judgeManifest(manifest: AnyManifest): readonly ObjectProblem[] {
  const { kind, metadata } = manifest;
  const object = `${kind}/${metadata.name}`;
  const annotations = metadata.annotations ?? {};
  switch (kind) {
    case 'CiliumBGPPeeringPolicy':
      return judgePeeringPolicy(metadata.name, manifest.spec);
    case 'CiliumNode': {
      const texts = manifest.spec.ipam?.podCIDRs ?? [];
      const podCIDRs = texts.map((text, index) => ({ text, path: ['spec', 'ipam', 'podCIDRs', index] }));
      return judgeNode({ object, annotations, podCIDRs });
    }
    case 'Node': {
      const { podCIDR, podCIDRs: texts = [] } = manifest.spec ?? {};
      const podCIDRs = texts.map((text, index) => ({ text, path: ['spec', 'podCIDRs', index] }));
      if (podCIDR === undefined) return judgeNode({ object, annotations, podCIDRs });
      const first = { text: podCIDR, path: ['spec', 'podCIDR'] };
      return judgeNode({ object, annotations, podCIDRs: [first, ...podCIDRs] });
    }
    case 'Secret':
      return judgeSecret(`${kind}/${manifest.metadata.namespace}/${metadata.name}`, manifest.data ?? {});
  }
}

/** Whether an object is taken over as a whole: what is not supported yet is no reason against it. */
export function admitManifest(manifest: AnyManifest): readonly FieldFault[] {
  return judgeManifest(manifest)
    .filter(({ reason }) => reason === 'invalid')
    .map(({ path, value, message }) => ({ path, message: `${value}: ${message}` }));
}
