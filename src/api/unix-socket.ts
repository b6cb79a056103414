// The unix socket's file: taken over from a daemon that died, refused while another one lives, readable and writable by root and
// the group `waggle` (0660) if the host has one.

import { chmod, chown, lstat, mkdir, readFile, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';

export const SOCKET_NAME = 'waggle.sock';
const GROUP = 'waggle';
/** What `sun_path` of unix(7) holds beside its closing NUL; Node cuts a longer path off without a word. */
const MAX_PATH_BYTES = 107;

/** The world's fault: the API cannot listen where it was told to. */
export class ApiListenError extends Error {
  readonly code: 'ALREADY_RUNNING' | 'NOT_A_SOCKET' | 'PATH_TOO_LONG' | 'LISTEN_FAILED';

  constructor(code: ApiListenError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiListenError';
    this.code = code;
  }
}

/** Makes way for a new socket file: throws ApiListenError when one is in use or something else lies there. */
export async function prepareSocket(path: string): Promise<void> {
  const lengthBytes = Buffer.byteLength(path);
  if (lengthBytes > MAX_PATH_BYTES) {
    const message = `${path}: ${lengthBytes} bytes are too long for a socket's path, ${MAX_PATH_BYTES} fit`;
    throw new ApiListenError('PATH_TOO_LONG', message);
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new ApiListenError('NOT_A_SOCKET', `${path} exists and is not a socket`);
  if (await isAnswered(path)) {
    throw new ApiListenError('ALREADY_RUNNING', `another waggle daemon is running: ${path} is in use`);
  }
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Until this ran, the file's mode lets only its owner connect (the umask takes the others' write bit). */
export async function openSocketToGroup(path: string): Promise<void> {
  const gid = await findGroup(GROUP);
  if (gid !== undefined && process.getuid?.() === 0) await chown(path, 0, gid);
  await chmod(path, 0o660);
}

async function findGroup(name: string): Promise<number | undefined> {
  const text = await readFile('/etc/group', 'utf8').catch(() => '');
  const line = text.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const gid = Number(line?.split(':')[2]);
  return line !== undefined && Number.isInteger(gid) ? gid : undefined;
}
