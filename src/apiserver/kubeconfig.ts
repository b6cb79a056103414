// A kubeconfig: where the server is, whom to trust, and who one is, all in one file (kubernetes.io/docs, "Organizing Cluster Access
// Using kubeconfig Files").

import { stringify } from 'yaml';
import type { Certified } from './certificates.ts';

export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** PEM. */
  readonly authority: string;
  readonly user: string;
  readonly client: Certified;
}

export function renderKubeconfig({ server, authority, user, client }: KubeconfigOptions): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'waggle', cluster: { server, 'certificate-authority-data': base64(authority) } }],
      users: [
        {
          name: user,
          user: { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) },
        },
      ],
      contexts: [{ name: 'waggle', context: { cluster: 'waggle', user } }],
      'current-context': 'waggle',
    },
    { lineWidth: 0 },
  );
}
