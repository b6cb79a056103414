// Certificates of our own making, judged by OpenSSL and by a TLS handshake.

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, TLSSocket } from 'node:tls';
import test from 'ava';
import {
  type Certified,
  isEnding,
  makeAuthority,
  makeClientCertificate,
  makeServerCertificate,
} from '#apiserver/certificates.ts';
import { command, needs } from '#support/skip.ts';

const names = ['localhost', 'kubernetes.default.svc', '127.0.0.1', '2001:db8::1'];
const authority = makeAuthority('waggle-ca', Date.now());
const server = makeServerCertificate(authority, 'waggle-apiserver', names, Date.now());
const client = makeClientCertificate(
  authority,
  { name: 'alice', groups: ['system:masters', 'waggle:agents'] },
  Date.now(),
);

test(
  'OpenSSL reads each certificate, and holds it good for its purpose and no other',
  needs([command('openssl', 'openssl')], (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'waggle-certificates-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const file = (name: string, { certificate }: Certified): string => {
      writeFileSync(join(directory, name), certificate);
      return join(directory, name);
    };
    const ca = file('ca', authority);
    const verify = (name: string, certified: Certified, purpose: string): string => {
      try {
        const words = ['verify', '-x509_strict', '-CAfile', ca, '-purpose', purpose, file(name, certified)];
        return execFileSync('openssl', words, { encoding: 'utf8', stdio: 'pipe' }).trim().split(': ')[1];
      } catch {
        return 'refused';
      }
    };
    t.is(verify('server', server, 'sslserver'), 'OK');
    t.is(verify('server', server, 'sslclient'), 'refused');
    t.is(verify('client', client, 'sslclient'), 'OK');
    t.is(verify('client', client, 'sslserver'), 'refused');
    t.is(
      verify(
        'other',
        makeClientCertificate(makeAuthority('waggle-ca', Date.now()), { name: 'eve', groups: [] }, Date.now()),
        'sslclient',
      ),
      'refused',
    );
    const text = execFileSync('openssl', ['x509', '-noout', '-text', '-in', file('server', server)], {
      encoding: 'utf8',
    });
    t.regex(
      text,
      /DNS:localhost, DNS:kubernetes\.default\.svc, IP Address:127\.0\.0\.1, IP Address:2001:DB8:0:0:0:0:0:1/,
    );
    t.regex(text, /CA:FALSE/);
  }),
);

test('a handshake with both certificates tells the server who the client is', async (t) => {
  const listening = createServer({
    cert: server.certificate,
    key: server.key,
    ca: authority.certificate,
    requestCert: true,
  });
  t.teardown(() => listening.close());
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const accepted = once(listening, 'secureConnection');
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: authority.certificate,
    cert: client.certificate,
    key: client.key,
  });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  const [seen] = await accepted;
  t.true(seen instanceof TLSSocket && seen.authorized);
  const { subject } = seen.getPeerCertificate();
  t.deepEqual([subject.CN, subject.O], ['alice', ['system:masters', 'waggle:agents']]);
  seen.destroy();
});

test('a certificate is made anew when less than a third of its time is left', (t) => {
  const day = 86_400_000;
  const nowMs = Date.now();
  t.false(isEnding(client.certificate, nowMs + 200 * day));
  t.true(isEnding(client.certificate, nowMs + 260 * day));
  const { validFrom } = new X509Certificate(client.certificate);
  t.true(Date.parse(validFrom) < nowMs, 'clocks differ');
});
