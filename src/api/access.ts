// Who may ask what: TCP answers GET and HEAD only, and only when the Host names this machine's loopback (a page in a browser could
// otherwise reach it through a name of its own that resolves to 127.0.0.1); changes need the unix socket, whose file mode decides.

import { isIPv4, isIPv6 } from 'node:net';
import { ProblemError, problemTypes } from './problem.ts';

/** RFC 6761 §6.3, RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3. A port may follow. */
export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  const match = /^(\[[^\]]+\]|[^:]+)(:\d{1,5})?$/.exec(host);
  if (match === null) return false;
  const name = match[1].toLowerCase();
  if (name.startsWith('[')) return isIPv6(name.slice(1, -1)) && isLoopbackIpv6(name.slice(1, -1));
  if (isIPv4(name)) return name.startsWith('127.');
  return name === 'localhost' || name === 'localhost.';
}

function isLoopbackIpv6(address: string): boolean {
  return address === '::1' || address === '0:0:0:0:0:0:0:1';
}

export function checkTcpRequest(method: string, host: string | undefined): void {
  if (!isLoopbackHost(host)) {
    throw new ProblemError({
      type: problemTypes.wrongHost,
      title: 'Not served under this name',
      status: 421,
      detail: 'this listener answers only to a loopback name or address (localhost, 127.0.0.1, [::1])',
    });
  }
  if (method !== 'GET' && method !== 'HEAD')
    throw methodNotAllowed(method, ['GET', 'HEAD'], 'changes are made over the unix socket only');
}

export function methodNotAllowed(method: string, allowed: readonly string[], reason?: string): ProblemError {
  return new ProblemError(
    {
      type: problemTypes.methodNotAllowed,
      title: 'Method not allowed',
      status: 405,
      detail: `${method} is not allowed here (${allowed.join(', ')})${reason === undefined ? '' : `: ${reason}`}`,
    },
    { allow: allowed.join(', ') },
  );
}
