// authSecretRef → password: the key `password` of a Secret in the one namespace that is set aside for BGP, as in
// Cilium. What is missing or cannot be a password is said in words, which never hold the value.

/** RFC 2385 as Linux has it (TCP_MD5SIG_MAXKEYLEN). */
const maxPasswordBytes = 80;
const passwordKey = 'password';

/** What is read of a Secret (v1). */
export interface SecretSource {
  readonly namespace: string;
  readonly name: string;
  /** Base64. */
  readonly data: Readonly<Record<string, string>>;
  readonly stringData: Readonly<Record<string, string>>;
}

/** A part of a neighbor's configuration: with a password, or held down without one. */
export type Password = { readonly password: string } | { readonly heldDownReason: string };

export interface PasswordSource {
  passwordOf(secretName: string): Password;
}

export class BgpSecrets implements PasswordSource {
  readonly #namespace: string;
  readonly #byName = new Map<string, SecretSource>();

  /** Secrets of other namespaces do not count. */
  constructor(namespace: string, secrets: readonly SecretSource[]) {
    this.#namespace = namespace;
    for (const secret of secrets) if (secret.namespace === namespace) this.#byName.set(secret.name, secret);
  }

  passwordOf(secretName: string): Password {
    const name = `Secret ${this.#namespace}/${secretName}`;
    const secret = this.#byName.get(secretName);
    if (secret === undefined) return { heldDownReason: `${name} is missing` };
    const bytes = readValue(secret, passwordKey);
    if (bytes === undefined) return { heldDownReason: `${name} has no key ${passwordKey}` };
    // An empty key would mean: no signature at all.
    if (bytes.length === 0) return { heldDownReason: `${name}: its ${passwordKey} is empty` };
    if (bytes.length > maxPasswordBytes) {
      return {
        heldDownReason: `${name}: its ${passwordKey} has ${bytes.length} octets, at most ${maxPasswordBytes} fit`,
      };
    }
    try {
      return { password: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
    } catch {
      return { heldDownReason: `${name}: its ${passwordKey} is not UTF-8 text` };
    }
  }
}

/** Every Secret is missing. */
export const noSecrets: PasswordSource = new BgpSecrets('kube-system', []);

/** undefined when the text is not base64 (RFC 4648 §4). */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bare = text.replaceAll(/[\r\n]/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return undefined;
  return Uint8Array.from(atob(bare), (character) => character.charCodeAt(0));
}

function readValue({ data, stringData }: SecretSource, key: string): Uint8Array | undefined {
  if (Object.hasOwn(stringData, key)) return new TextEncoder().encode(stringData[key]);
  return Object.hasOwn(data, key) ? decodeBase64(data[key]) : undefined;
}
