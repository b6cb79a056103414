// The command line of `waggle apiserver`: its own options beside those of every daemon. And of `waggle apiserver kubeconfig`, which
// hands out what a client needs.

import { parseArgs } from 'node:util';
import { formatEndpoint } from '#io/tcp-listeners.ts';
import { parseEndpoint, type Endpoint } from '#control/router/text-formats.ts';
import {
  daemonOptionsHelp,
  parseDaemonOptions,
  textOf,
  type DaemonOptions,
  type Environment,
  type ParsedOptions,
} from '#daemon/options.ts';
import { roleGroups, type RoleName } from './default-roles.ts';

export interface ApiServerOptions extends DaemonOptions {
  readonly listen: Endpoint;
  /** Names and addresses of the server's certificate, beside those it always has. */
  readonly names: readonly string[];
}

export interface KubeconfigCommand {
  readonly stateDir: string;
  readonly role: RoleName;
  readonly user: string;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
}

const defaultListen: Endpoint = parseEndpoint('127.0.0.1:6443') ?? raise();
const roleNames = Object.keys(roleGroups).join(', ');

export const apiServerHelp = `Usage: waggle apiserver [options]
       waggle apiserver kubeconfig [--role ROLE] [--user NAME] [--server URL] [--state-dir DIR]

Serves the Kubernetes API of one machine or lab over HTTPS, from a database in the state directory. Clients show a
certificate of the server's own authority; the administrator's kubeconfig is written at the start, to
apiserver/admin.kubeconfig in the state directory, and 'kubeconfig' prints those of others.

Options:
  --listen ADDR:PORT  where to listen (WAGGLE_APISERVER_LISTEN; default: ${formatEndpoint(defaultListen)})
  --server-name NAME  another name or address under which clients reach the server; may stand several times
  --role ROLE         of 'kubeconfig': ${roleNames} (default: viewer)
  --user NAME         of 'kubeconfig': who the certificate says one is (default: the role)
  --server URL        of 'kubeconfig': where clients reach the server (default: https://${formatEndpoint(defaultListen)})
${daemonOptionsHelp}`;

const ownFlags = {
  listen: { type: 'string' },
  'server-name': { type: 'string', multiple: true },
} as const;

export function parseApiServerOptions(
  args: readonly string[],
  environment: Environment,
): ParsedOptions<ApiServerOptions> {
  return parseDaemonOptions(args, environment, ownFlags, readOwn);
}

function readOwn(
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
): Pick<ApiServerOptions, 'listen' | 'names'> | string {
  const text = textOf(values.listen) ?? textOf(environment.WAGGLE_APISERVER_LISTEN);
  const listen = text === undefined ? defaultListen : parseEndpoint(text);
  if (listen === undefined) return `--listen ${text ?? ''}: expected an address and port, such as 127.0.0.1:6443`;
  const given = values['server-name'];
  const names = Array.isArray(given) ? given.filter((name) => typeof name === 'string') : [];
  const wrong = names.find((name) => !/^[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$/.test(name));
  if (wrong !== undefined) return `--server-name ${wrong}: expected a DNS name or an address`;
  return { listen, names };
}

/** A text: what is wrong. */
export function parseKubeconfigCommand(args: readonly string[], environment: Environment): KubeconfigCommand | string {
  let values: Readonly<Record<string, string | undefined>>;
  try {
    const options = {
      role: { type: 'string' },
      user: { type: 'string' },
      server: { type: 'string' },
      'state-dir': { type: 'string' },
    } as const;
    ({ values } = parseArgs({ args: [...args], strict: true, allowPositionals: false, options }));
  } catch (error) {
    if (error instanceof TypeError) return error.message.split('. ')[0];
    throw error;
  }
  const { role = 'viewer' } = values;
  if (!isRole(role)) return `--role ${role}: expected one of ${roleNames}`;
  const server = values['server'] ?? `https://${formatEndpoint(defaultListen)}`;
  if (!/^https:\/\/[^/\s]+\/?$/.test(server)) return `--server ${server}: expected https://ADDRESS:PORT`;
  const user = values['user'] ?? role;
  if (!/^[\x21-\x7e]{1,64}$/.test(user)) return `--user ${user}: expected up to 64 visible ASCII characters`;
  const stateDir = values['state-dir'] ?? textOf(environment.WAGGLE_STATE_DIR) ?? '/var/lib/waggle';
  return { stateDir, role, user, server };
}

/** The address that a client on this machine uses. */
export function clientUrl({ address, port }: Endpoint, boundPort: number): string {
  const isAny = address === '0.0.0.0' || address === '::';
  return `https://${formatEndpoint({ address: isAny ? '127.0.0.1' : address, port: boundPort === 0 ? port : boundPort })}`;
}

function isRole(name: string): name is RoleName {
  return Object.hasOwn(roleGroups, name);
}

function raise(): never {
  throw new Error('the default address cannot be read');
}
