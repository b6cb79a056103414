// authSecretRef → password: what counts as one, and what is said of everything else.

import test from 'ava';
import { BgpSecrets, decodeBase64, type SecretSource } from '#control/bgp/secrets.ts';

function passwordOf(parts: Partial<SecretSource>): unknown {
  const secret = { namespace: 'kube-system', name: 'tor', data: {}, stringData: {}, ...parts };
  return new BgpSecrets('kube-system', [secret]).passwordOf('tor');
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

test('the key password of the Secret is the password, octet for octet', (t) => {
  t.deepEqual(passwordOf({ data: { password: encode('hunter2') } }), { password: 'hunter2' });
  t.deepEqual(passwordOf({ data: { password: encode('with a newline\n') } }), { password: 'with a newline\n' });
  t.deepEqual(passwordOf({ data: { password: encode('\ufeffпароль') } }), { password: '\ufeffпароль' });
  t.deepEqual(passwordOf({ data: { password: encode('x'.repeat(80)) } }), { password: 'x'.repeat(80) });
  const wrapped = `${encode('a long password, wrapped').slice(0, 12)}\n${encode('a long password, wrapped').slice(12)}`;
  t.deepEqual(passwordOf({ data: { password: wrapped } }), { password: 'a long password, wrapped' });
});

test('stringData goes before data', (t) => {
  const both = { data: { password: encode('data') }, stringData: { password: 'stringData' } };
  t.deepEqual(passwordOf(both), { password: 'stringData' });
});

const heldDown: readonly (readonly [Partial<SecretSource>, string])[] = [
  [{ name: 'other' }, 'Secret kube-system/tor is missing'],
  [{ namespace: 'default', data: { password: encode('x') } }, 'Secret kube-system/tor is missing'],
  [{ data: { Password: encode('x') } }, 'Secret kube-system/tor has no key password'],
  [{}, 'Secret kube-system/tor has no key password'],
  [{ data: { password: '' } }, 'Secret kube-system/tor: its password is empty'],
  [{ stringData: { password: '' }, data: { password: encode('x') } }, 'Secret kube-system/tor: its password is empty'],
  [{ stringData: { password: 'ü'.repeat(41) } }, 'Secret kube-system/tor: its password has 82 octets, at most 80 fit'],
  [{ data: { password: '/w==' } }, 'Secret kube-system/tor: its password is not UTF-8 text'],
];
for (const [parts, reason] of heldDown) {
  test(`${JSON.stringify(parts)}: ${reason}`, (t) => {
    t.deepEqual(passwordOf(parts), { heldDownReason: reason });
  });
}

test('base64 is that of RFC 4648 §4, padded', (t) => {
  for (const text of ['a', 'abc', 'abcde', 'a-_b', 'ab=c', '====', 'a b c d '])
    t.is(decodeBase64(text), undefined, text);
  t.deepEqual(decodeBase64('+/8='), Uint8Array.of(0xfb, 0xff));
  t.deepEqual(decodeBase64(''), new Uint8Array());
});
