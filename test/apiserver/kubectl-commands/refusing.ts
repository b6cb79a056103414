// What needs a kubelet, metrics or kinds that are not there is refused in words, whichever command it is. Sources: kubectl reference, pages
// of the same names; API reference, Pod v1, the operations of its subresources.

import type { Row } from './row.ts';

const notRun = (what: string): string =>
  `Error from server (MethodNotAllowed): pods/${what} is not served: this API server stores Pods and runs none of them`;

export const refusing: readonly Row[] = [
  { run: 'run lone --image=x', out: 'pod/lone created' },
  { run: 'logs lone', code: 1, err: notRun('log') },
  {
    run: 'logs none',
    code: 1,
    err: /^(Error|error): (from server|error from server) \(NotFound\): pods "none" not found|^Error from server \(NotFound\): pods "none" not found|^error: error from server \(NotFound\): pods "none" not found in namespace "refusing"/,
  },
  { run: 'exec lone -- ls', code: 1, err: notRun('exec') },
  {
    run: 'attach lone',
    code: 1,
    err: /Error from server \(MethodNotAllowed\): pods\/attach is not served: this API server stores Pods and runs none of them$/,
  },
  { run: 'cp lone:/x $HOME/x', code: 1, err: notRun('exec') },
  {
    run: 'port-forward lone 8080:80',
    code: 1,
    err: 'error: unable to forward port because pod is not running. Current status=Pending',
  },
  {
    run: 'debug lone --image=x --container=d --profile=general',
    code: 1,
    err: /Error from server \(MethodNotAllowed\): pods\/ephemeralcontainers is not served: this API server stores Pods and runs none of them$/,
  },
  { run: 'top pods', code: 1, err: 'error: Metrics API not available' },
  { run: 'top nodes', code: 1, err: 'error: Metrics API not available' },
  { run: 'get hpa', code: 1, err: 'error: the server doesn\'t have a resource type "hpa"' },
  {
    run: 'certificate approve x',
    code: 1,
    err: 'error: the server doesn\'t have a resource type "certificatesigningrequests"',
  },
  {
    run: `get --raw '/api/v1/namespaces/refusing/services/x/proxy/'`,
    code: 1,
    err: 'Error from server (NotFound): the server could not find the requested resource',
  },
];
