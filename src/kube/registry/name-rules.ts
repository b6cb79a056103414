// What names, labels, keys and ports may look like, and in which words Kubernetes refuses them (apimachinery, content and validation).
// Each function answers what is wrong with a text: nothing, or one sentence for each fault.

export type NameRule = (text: string) => readonly string[];

/** Without nested repetition: every pattern here takes linear time. */
const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const dns1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const qualified = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

// As messages show them.
const labelText = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainText = `${labelText}(\\.${labelText})*`;
const qualifiedText = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

/** RFC 1123. */
export function checkLabelName(text: string): readonly string[] {
  const faults = checkLength(text, 63);
  if (label.test(text)) return faults;
  if (isSubdomain(text)) return [...faults, 'must not contain dots'];
  const words =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...faults, explain(words, labelText, ['my-name', '123-abc'])];
}

/** RFC 1123: labels with dots between them. */
export function checkSubdomain(text: string): readonly string[] {
  const faults = checkLength(text, 253);
  if (isSubdomain(text)) return faults;
  const words =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...faults, explain(words, subdomainText, ['example.com'])];
}

/** As old as DNS: begins with a letter. */
export function checkDns1035Label(text: string): readonly string[] {
  const faults = checkLength(text, 63);
  if (dns1035.test(text)) return faults;
  const words =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...faults, explain(words, '[a-z]([-a-z0-9]*[a-z0-9])?', ['my-name', 'abc-123'])];
}

/** Whatever may stand between two slashes of a URL. */
export function checkPathSegment(text: string): readonly string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%']
    .filter((character) => text.includes(character))
    .map((character) => `may not contain '${character}'`);
}

/** `app`, `example.com/app`. */
export function checkQualifiedName(text: string): readonly string[] {
  const words =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const explained = explain(words, qualifiedText, ['MyName', 'my.name', '123-abc']);
  const parts = text.split('/');
  if (parts.length > 2) {
    return [`a valid label key ${explained} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const [prefix, name] = parts.length === 2 ? parts : [undefined, text];
  const faults: string[] = [];
  if (prefix === '') faults.push('prefix part must be non-empty');
  else if (prefix !== undefined) faults.push(...checkSubdomain(prefix).map((fault) => `prefix part ${fault}`));
  if (name === '') faults.push('name part must be non-empty');
  else faults.push(...checkLength(name, 63).map((fault) => `name part ${fault}`));
  if (!qualified.test(name)) faults.push(`name part ${explained}`);
  return faults;
}

export function checkLabelValue(text: string): readonly string[] {
  const faults = checkLength(text, 63);
  if (text === '' || qualified.test(text)) return faults;
  const words =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...faults, explain(words, `(${qualifiedText})?`, ['MyValue', 'my_value', '12345'])];
}

/** A key of a ConfigMap or Secret: it becomes the name of a file. */
export function checkConfigKey(text: string): readonly string[] {
  const faults = [...checkLength(text, 253)];
  if (!/^[-._a-zA-Z0-9]+$/.test(text)) {
    const words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    faults.push(explain(words, '[-._a-zA-Z0-9]+', ['key.name', 'KEY_NAME', 'key-name']));
  }
  if (text === '.' || text === '..') faults.push(`must not be '${text}'`);
  else if (text.startsWith('..')) faults.push("must not start with '..'");
  return faults;
}

/** As services are registered for ports, in lower case. */
export function checkPortName(text: string): readonly string[] {
  const faults = [...checkLength(text, 15)];
  if (!/^[-a-z0-9]+$/.test(text)) {
    faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(text)) faults.push('must contain at least one letter (a-z)');
  if (text.includes('--')) faults.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) faults.push('must not begin or end with a hyphen');
  return faults;
}

export function checkPortNumber(port: number): readonly string[] {
  return port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];
}

function isSubdomain(text: string): boolean {
  return text.split('.').every((part) => label.test(part));
}

function checkLength(text: string, maxBytes: number): readonly string[] {
  return Buffer.byteLength(text) > maxBytes ? [`must be no more than ${maxBytes} bytes`] : [];
}

/** Upstream puts a comma behind each example, also before `or`. */
function explain(words: string, pattern: string, examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${words} (e.g. ${shown}regex used for validation is '${pattern}')`;
}
