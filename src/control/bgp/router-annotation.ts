// The node annotation `cilium.io/bgp-virtual-router.<ASN>`: `router-id=192.0.2.1,local-port=179`.
// It gives a virtual router of the legacy peering policy its router ID and makes it listen.

import { formatRouterId, parseRouterId } from '#bgp/net/router-id.ts';
import type { Labels } from '../kubernetes/label-selector.ts';

export const ROUTER_ANNOTATION = 'cilium.io/bgp-virtual-router.';

export interface RouterAnnotation {
  readonly routerId: string | undefined;
  readonly localPort: number | undefined;
  /** One for each part that was not understood; the others count. */
  readonly faults: readonly { readonly part: string; readonly message: string }[];
}

export function readRouterAnnotation(annotations: Labels, localAsn: number): RouterAnnotation {
  const key = `${ROUTER_ANNOTATION}${localAsn}`;
  return parseRouterAnnotation(Object.hasOwn(annotations, key) ? annotations[key] : '');
}

export function parseRouterAnnotation(text: string): RouterAnnotation {
  const faults: { part: string; message: string }[] = [];
  let routerId: string | undefined;
  let localPort: number | undefined;
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const [name, value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const refuse = (message: string): void => {
      faults.push({ part, message });
    };
    if (rest.length > 0) refuse('expected key=value');
    else if (name === 'router-id') {
      const id = parseRouterId(value);
      if (id === undefined) refuse('expected router-id=<IPv4 address other than 0.0.0.0>');
      else if (routerId !== undefined) refuse('router-id stands twice');
      else routerId = formatRouterId(id);
    } else if (name === 'local-port') {
      const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
      if (port < 1 || port > 65535) refuse('expected local-port=1..65535');
      else if (localPort !== undefined) refuse('local-port stands twice');
      else localPort = port;
    } else refuse('expected router-id=<IPv4 address> or local-port=<1..65535>');
  }
  return { routerId, localPort, faults };
}
