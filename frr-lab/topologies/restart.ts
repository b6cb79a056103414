// restart: routers that are killed and come back while packets flow through them, and a third router that looks on.
// The picture and what it proves are in ../restart/README.md.
import { linkBetween, type NodeKind, type Topology } from '../topology.ts';
import { answerPort } from './quickstart.ts';

export const waggleAsn = 65500;
export const observerAsn = 65503;

export type Site = {
  readonly router: string;
  readonly kind: NodeKind;
  readonly asn: number;
  /** Of its links: 10.60.N.0/30 to waggle, 10.61.N.0/24 to its server. */
  readonly link: number;
  readonly keepsRoutes: boolean;
};

/** A router with a server behind it; `plain` has no graceful restart, `longlived` holds routes only as RFC 9494 has it. */
export const sites: readonly Site[] = [
  { router: 'frr1', kind: 'frr', asn: 65501, link: 1, keepsRoutes: true },
  { router: 'bird1', kind: 'bird', asn: 65502, link: 2, keepsRoutes: true },
  { router: 'plain', kind: 'frr', asn: 65504, link: 4, keepsRoutes: false },
  { router: 'longlived', kind: 'frr', asn: 65505, link: 5, keepsRoutes: false },
];

export function serverOf(site: Site): string {
  return `server-${site.router}`;
}

export function serverAddresses(site: Site): readonly [string, string] {
  return [`10.61.${site.link}.2`, `2001:db8:61${site.link}::2`];
}

export function networksOf(site: Site): readonly [string, string] {
  return [`10.61.${site.link}.0/24`, `2001:db8:61${site.link}::/64`];
}

export const clientAddresses = ['10.62.0.2', '2001:db8:620::2'] as const;

function between(upper: string, lower: string, link: number): ReturnType<typeof linkBetween> {
  return linkBetween(
    { node: upper, interface: lower, addresses: [`10.60.${link}.1/30`, `2001:db8:60${link}::1/64`] },
    { node: lower, interface: upper, addresses: [`10.60.${link}.2/30`, `2001:db8:60${link}::2/64`] },
  );
}

export const restart: Topology = {
  name: 'restart',
  title: 'Waggle, FRR and BIRD are killed and come back: no packet is lost and the router behind notices nothing',
  nodes: [
    { name: 'client', kind: 'host', routes: ['default via 10.62.0.1', 'default via 2001:db8:620::1'] },
    { name: 'observer', kind: 'frr', isRouter: true },
    { name: 'waggle', kind: 'waggle-router', isRouter: true },
    ...sites.map(({ router, kind }) => ({
      name: router,
      kind,
      isRouter: true,
      ...(kind === 'frr' ? { zebraKeepsSec: 120 } : {}),
      ...(kind === 'bird' ? { recoversRoutes: true } : {}),
    })),
    ...sites.map((site) => ({
      name: serverOf(site),
      kind: 'host' as const,
      routes: [`default via 10.61.${site.link}.1`, `default via 2001:db8:61${site.link}::1`],
      answersOn: answerPort,
    })),
  ],
  links: [
    linkBetween(
      { node: 'observer', interface: 'client', addresses: ['10.62.0.1/24', '2001:db8:620::1/64'] },
      { node: 'client', interface: 'eth0', addresses: [`${clientAddresses[0]}/24`, `${clientAddresses[1]}/64`] },
    ),
    between('waggle', 'observer', 3),
    ...sites.map((site) => between('waggle', site.router, site.link)),
    ...sites.map((site) =>
      linkBetween(
        {
          node: site.router,
          interface: 'server',
          addresses: [`10.61.${site.link}.1/24`, `2001:db8:61${site.link}::1/64`],
        },
        {
          node: serverOf(site),
          interface: 'eth0',
          addresses: serverAddresses(site).map((address, index) => `${address}/${index === 0 ? 24 : 64}`),
        },
      ),
    ),
  ],
};
