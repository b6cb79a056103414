// `waggle config check` for manifests: one line a fault, nothing else.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { checkManifests } from '#agent/check-manifests.ts';

function makeDirectory(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-check-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

function check(directory: string, ...names: readonly string[]): string[] {
  const paths = names.length === 0 ? [directory] : names.map((name) => join(directory, name));
  return checkManifests(paths).faults.map((fault) => fault.replaceAll(`${directory}/`, '').replace(directory, '.'));
}

const policy = (name: string, neighbor: string): string => `apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: { name: ${name} }
spec:
  virtualRouters:
    - localASN: 65001
      neighbors:
        - { peerASN: 65000, ${neighbor} }
`;
const node =
  'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }\nstatus: { addresses: [{ type: InternalIP, address: 192.0.2.1 }] }\n';
const peer = 'peerAddress: 192.0.2.9/32';

test("the quickstart lab's manifests are in order", (t) => {
  const directory = fileURLToPath(new URL('../../frr-lab/quickstart/manifests', import.meta.url));
  const { faults, files, objects } = checkManifests([directory]);
  t.deepEqual(faults, []);
  t.true(files >= 4 && objects >= 6, `${files} files, ${objects} objects`);
});

test('every fault has its line, in the order of files and lines', (t) => {
  const directory = makeDirectory(t, {
    'b.yaml': policy('b', `${peer}, authSecretRef: '', families: [{ afi: l2vpn, safi: evpn }]`),
    'a.yaml': `${policy('a', `${peer}, holdTimeSeconds: 1`)}---\n${policy('c', 'peerAddress: 192.0.2.9')}`,
  });
  const at = 'spec.virtualRouters[0].neighbors[0]';
  t.deepEqual(check(directory), [
    `a.yaml:8: ${at}.holdTimeSeconds: 1: expected 3..65535`,
    `a.yaml:17: ${at}.peerAddress: "192.0.2.9": expected one address as a host prefix: 192.0.2.1/32 or 2001:db8::1/128`,
    `b.yaml:8: ${at}.authSecretRef: "": expected the name of a Secret; leave it out for a session without password`,
  ]);
});

test('a policy is judged also where none of the nodes is selected', (t) => {
  const selecting = policy('a', `${peer}, families: [{ afi: l2vpn, safi: evpn }]`).replace(
    'spec:',
    'spec:\n  nodeSelector: { matchLabels: { a: b } }',
  );
  t.is(check(makeDirectory(t, { 'a.yaml': selecting, 'n.yaml': node })).length, 1);
});

test('a Secret that a policy names and the manifests lack is a fault, and so is one of another namespace', (t) => {
  const secret = (namespace: string, data: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata: { name: s, namespace: ${namespace} }\ndata: { password: ${data} }\n`;
  const files = { 'a.yaml': policy('a', `${peer}, authSecretRef: s`), 'n.yaml': node };
  const fault = (words: string): string =>
    `a.yaml:8: spec.virtualRouters[0].neighbors[0].authSecretRef: "s": Secret kube-system/s ${words}: the session stays down`;
  t.deepEqual(check(makeDirectory(t, files)), [fault('is missing')]);
  t.deepEqual(check(makeDirectory(t, { ...files, 's.yaml': secret('other', 'c2VjcmV0') })), [fault('is missing')]);
  t.deepEqual(check(makeDirectory(t, { ...files, 's.yaml': secret('kube-system', 'c2VjcmV0') })), []);
  t.deepEqual(check(makeDirectory(t, { ...files, 's.yaml': secret('kube-system', 'not-base64!') })), [
    fault('is missing'),
    's.yaml:4: data.password: (its value is not shown): expected base64; a text as it is belongs under stringData',
  ]);
});

test('two policies that meet on a node are named', (t) => {
  const directory = makeDirectory(t, { 'a.yaml': policy('a', peer), 'b.yaml': policy('b', peer), 'n.yaml': node });
  t.deepEqual(check(directory), [
    'b.yaml:4: spec.nodeSelector: {}: also selects node n1, as CiliumBGPPeeringPolicy/a does; a node takes one policy, the older',
  ]);
  t.deepEqual(check(directory, 'a.yaml', 'b.yaml'), []);
});

test('a node that gives a policy no router ID is named', (t) => {
  const directory = makeDirectory(t, { 'a.yaml': policy('a', peer), 'n.yaml': node.replace('InternalIP', 'Hostname') });
  const [fault, ...rest] = check(directory);
  t.deepEqual(rest, []);
  t.regex(
    fault,
    /^a\.yaml:6: spec\.virtualRouters\[0\]\.localASN: 65001: no router ID: node n1 has no InternalIP of IPv4/,
  );
});

test('files may be named one by one, whatever they are called', (t) => {
  const directory = makeDirectory(t, { 'a.txt': policy('a', 'peerAddress: x') });
  t.regex(check(directory, 'a.txt')[0], /^a\.txt:8: .*peerAddress: "x": expected/);
});

test('what is not there or holds no manifest is a fault', (t) => {
  const directory = makeDirectory(t, {});
  mkdirSync(join(directory, 'empty'));
  t.deepEqual(check(directory, 'missing'), ['missing: no such file or directory']);
  t.deepEqual(check(directory, 'empty'), [
    'empty: no manifests in this directory: expected files named *.yaml, *.yml or *.json',
  ]);
});
