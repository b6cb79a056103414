// Certificates of the embedded API: a certificate authority of its own, and what it signs for the server and for clients. A client's
// subject says who it is: CN is the user, each O a group, as Kubernetes reads them. ECDSA P-256, RFC 5280. Writes no file.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import {
  bitString,
  boolean,
  contextTag,
  encode,
  generalizedTime,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utf8String,
} from './der.ts';

/** PEM, both. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  /** CN */
  readonly name: string;
  /** O */
  readonly groups: readonly string[];
}

const Oid = {
  CommonName: '2.5.4.3',
  Organization: '2.5.4.10',
  EcdsaWithSha256: '1.2.840.10045.4.3.2',
  SubjectKeyIdentifier: '2.5.29.14',
  KeyUsage: '2.5.29.15',
  SubjectAltName: '2.5.29.17',
  BasicConstraints: '2.5.29.19',
  AuthorityKeyIdentifier: '2.5.29.35',
  ExtendedKeyUsage: '2.5.29.37',
  ServerAuth: '1.3.6.1.5.5.7.3.1',
  ClientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const dayMs = 86_400_000;
/** Clocks differ. */
const backdatedMs = 3_600_000;
const authorityDays = 3_650;
const leafDays = 365;

export function makeAuthority(name: string, nowMs: number): Certified {
  const { privateKey, publicKey } = makeKeys();
  const subject = distinguishedName({ name, groups: [] });
  return certify(privateKey, subject, subject, publicKey, privateKey, nowMs, authorityDays, [
    extension(Oid.BasicConstraints, true, sequence(boolean(true))),
    // keyCertSign, cRLSign
    extension(Oid.KeyUsage, true, bitString(Uint8Array.of(0b0000_0110), 1)),
    extension(Oid.SubjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
  ]);
}

/** `names`: DNS names and addresses under which clients reach it. */
export function makeServerCertificate(
  authority: Certified,
  name: string,
  names: readonly string[],
  nowMs: number,
): Certified {
  return makeLeaf(authority, { name, groups: [] }, Oid.ServerAuth, nowMs, [
    extension(Oid.SubjectAltName, false, sequence(...names.map((each) => alternativeName(each)))),
  ]);
}

export function makeClientCertificate(authority: Certified, subject: Subject, nowMs: number): Certified {
  return makeLeaf(authority, subject, Oid.ClientAuth, nowMs, []);
}

/** Whether it should be made anew: less than a third of its time is left. */
export function isEnding(certificate: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  return toMs - nowMs < (toMs - fromMs) / 3;
}

function makeLeaf(
  authority: Certified,
  subject: Subject,
  usage: string,
  nowMs: number,
  more: readonly Uint8Array[],
): Certified {
  const { privateKey, publicKey } = makeKeys();
  const signer = createPrivateKey(authority.key);
  const issuer = subjectOf(authority.certificate);
  return certify(privateKey, issuer, distinguishedName(subject), publicKey, signer, nowMs, leafDays, [
    extension(Oid.BasicConstraints, true, sequence()),
    // digitalSignature
    extension(Oid.KeyUsage, true, bitString(Uint8Array.of(0b1000_0000), 7)),
    extension(Oid.ExtendedKeyUsage, false, sequence(objectIdentifier(usage))),
    extension(Oid.SubjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    extension(
      Oid.AuthorityKeyIdentifier,
      false,
      sequence(encode(contextTag(0, false), keyIdentifier(createPublicKey(signer)))),
    ),
    ...more,
  ]);
}

/** RFC 5280 §4.1. */
function certify(
  key: KeyObject,
  issuer: Uint8Array,
  subject: Uint8Array,
  publicKey: KeyObject,
  signer: KeyObject,
  nowMs: number,
  days: number,
  extensions: readonly Uint8Array[],
): Certified {
  const algorithm = sequence(objectIdentifier(Oid.EcdsaWithSha256));
  const serial = randomBytes(16);
  // Positive, and of a fixed length.
  serial[0] = (serial[0] & 0x7f) | 0x40;
  const body = sequence(
    encode(contextTag(0, true), integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    issuer,
    sequence(generalizedTime(nowMs - backdatedMs), generalizedTime(nowMs + days * dayMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(contextTag(3, true), sequence(...extensions)),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, signer)));
  return {
    certificate: toPem('CERTIFICATE', der),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function makeKeys(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function distinguishedName({ name, groups }: Subject): Uint8Array {
  const attribute = (oid: string, text: string): Uint8Array => set(sequence(objectIdentifier(oid), utf8String(text)));
  return sequence(...groups.map((group) => attribute(Oid.Organization, group)), attribute(Oid.CommonName, name));
}

/** The issuer of what it signs, octet by octet as in its own certificate: its authority names have a CN alone. */
function subjectOf(certificate: string): Uint8Array {
  const [, name = ''] = /^CN=(.*)$/m.exec(new X509Certificate(certificate).subject) ?? [];
  return distinguishedName({ name, groups: [] });
}

function alternativeName(name: string): Uint8Array {
  const address = isIP(name) === 0 ? undefined : parseAddress(name);
  if (address !== undefined) return encode(contextTag(7, false), addressBytes(address));
  return encode(contextTag(2, false), new TextEncoder().encode(name));
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(oid), ...(isCritical ? [boolean(true)] : []), octetString(value));
}

/** RFC 7093 §2 (1): of the public key, the leftmost 160 bits of SHA-256. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  // An uncompressed point of P-256 is the last 65 octets.
  return createHash('sha256').update(spki.subarray(-65)).digest().subarray(0, 20);
}

function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
