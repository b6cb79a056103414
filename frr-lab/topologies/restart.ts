// restart: routers that are killed and come back while packets flow through them, and a third router that looks on.
// The picture and what it proves are in ../restart/README.md.
import { linkBetween, type Topology } from '../topology.ts';
import { answerPort } from './quickstart.ts';

export const waggleAsn = 65500;

export type Site = {
  readonly router: string;
  readonly kind: 'frr' | 'bird';
  readonly asn: number;
  /** Of its links: 10.60.N.0/30 to waggle, 10.61.N.0/24 to its server. */
  readonly link: number;
  readonly keepsRoutes: boolean;
  /** Whether it speaks graceful restart at all. */
  readonly isGraceful: boolean;
};

/** A router with a server behind it; `plain` has no graceful restart, `longlived` holds routes only as RFC 9494 has it. */
export const sites: readonly Site[] = [
  { router: 'frr1', kind: 'frr', asn: 65501, link: 1, keepsRoutes: true, isGraceful: true },
  { router: 'bird1', kind: 'bird', asn: 65502, link: 2, keepsRoutes: true, isGraceful: true },
  { router: 'plain', kind: 'frr', asn: 65504, link: 4, keepsRoutes: false, isGraceful: false },
  { router: 'longlived', kind: 'frr', asn: 65505, link: 5, keepsRoutes: false, isGraceful: true },
];

/** What longlived's frr.conf says: how long its routes are kept as if nothing were, and then as the last choice. */
export const longLivedSec = { restartSec: 2, staleSec: 6 } as const;

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

/** The router that looks on. */
export const observer = { router: 'observer', kind: 'frr', link: 3 } as const;

/** What waggle and the router at the other end have on a link: IPv4, IPv6. */
export function linkAddresses(link: number): {
  readonly waggle: readonly string[];
  readonly router: readonly string[];
} {
  return {
    waggle: [`10.60.${link}.1`, `2001:db8:60${link}::1`],
    router: [`10.60.${link}.2`, `2001:db8:60${link}::2`],
  };
}

function between(router: string, link: number): ReturnType<typeof linkBetween> {
  const addresses = linkAddresses(link);
  const withLength = (address: string, index: number): string => `${address}/${index === 0 ? 30 : 64}`;
  return linkBetween(
    { node: 'waggle', interface: router, addresses: addresses.waggle.map(withLength) },
    { node: router, interface: 'waggle', addresses: addresses.router.map(withLength) },
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
    between(observer.router, observer.link),
    ...sites.map((site) => between(site.router, site.link)),
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
