// Gives FRR's live socket another TCP MD5 key from outside (pidfd_getfd(2)): FRR itself ends a session whose password changes.

import { spawnSync } from 'node:child_process';

/** All sockets that the process has towards the address; answers how many. */
export function changeKeyOf(pid: number, peer: string, key: string): number {
  const script = `
import ctypes, os, socket, struct, sys
pid, peer, key = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
libc = ctypes.CDLL(None, use_errno=True)
pidfd = os.pidfd_open(pid)
changed = 0
for name in os.listdir(f'/proc/{pid}/fd'):
    try:
        if not os.readlink(f'/proc/{pid}/fd/{name}').startswith('socket:'): continue
    except OSError: continue
    fd = libc.syscall(438, pidfd, int(name), 0)
    if fd < 0: continue
    own = socket.socket(fileno=fd)
    try:
        if own.family != socket.AF_INET or own.getpeername()[0] != peer: continue
    except OSError: continue
    address = struct.pack('<HH4s', 2, 0, socket.inet_aton(peer)).ljust(128, b'\\0')
    own.setsockopt(6, 14, address + struct.pack('<BBHI', 0, 0, len(key), 0) + key.ljust(80, b'\\0'))
    changed += 1
print(changed)
`;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script, `${pid}`, peer, key], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  return Number(stdout);
}
