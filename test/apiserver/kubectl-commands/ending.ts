// `kubectl delete` and `kubectl wait`. Sources: kubectl reference, pages of the same names; "Finalizers"; "Garbage Collection", cascading.

import { deleted, type Row } from './row.ts';

export const ending: readonly Row[] = [
  { run: 'create configmap one', out: 'configmap/one created' },
  { run: 'delete configmap one --dry-run=client', out: deleted('configmap "one"', ' (dry run)') },
  { run: 'delete configmap one --dry-run=server', out: deleted('configmap "one"', ' (server dry run)') },
  { run: 'get configmap one -o name', out: 'configmap/one' },
  { run: 'delete configmap one', out: deleted('configmap "one"') },
  { run: 'delete configmap one', code: 1, err: 'Error from server (NotFound): configmaps "one" not found' },
  { run: 'delete configmap one --ignore-not-found', out: '' },
  // By label, all, and by file; -o name.
  { run: 'create configmap red', out: 'configmap/red created' },
  { run: 'create configmap blue', out: 'configmap/blue created' },
  { run: 'label configmap red colour=red', out: 'configmap/red labeled' },
  { run: 'delete configmaps -l colour=red -o name', out: 'configmap/red' },
  { run: 'delete configmaps --all', out: /^configmap "blue" deleted.*\nconfigmap "kube-root-ca\.crt" deleted/ },
  { run: 'delete secrets --all', out: 'No resources found' },
  { run: 'create configmap filed', out: 'configmap/filed created' },
  {
    run: 'delete -f -',
    input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'filed' } },
    out: deleted('configmap "filed"'),
  },
  // Finalizers: it stays, marked, until the last is gone.
  {
    run: 'create -f -',
    input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } },
    out: 'configmap/held created',
  },
  { run: 'delete configmap held --wait=false', out: deleted('configmap "held"') },
  { run: 'get configmap held -o jsonpath={.metadata.deletionTimestamp}', out: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ },
  {
    run: 'wait --for=delete configmap/held --timeout=0',
    code: 1,
    err: /^error: timed out waiting for the condition on configmaps\/held$|condition not met/,
  },
  {
    run: `patch configmap held --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'`,
    out: 'configmap/held patched',
  },
  { run: 'wait --for=delete configmap/held --timeout=10s', out: '' },
  // Cascading: orphan leaves what is owned, without its owner; foreground and background take it along.
  ...['orphan', 'background', 'foreground'].flatMap((cascade): readonly Row[] => [
    { run: `create deployment ${cascade} --image=x`, out: `deployment.apps/${cascade} created` },
    { run: `delete deployment ${cascade} --cascade=${cascade}`, out: deleted(`deployment.apps "${cascade}"`) },
    { run: `get deployment ${cascade} --ignore-not-found`, out: '' },
  ]),
  {
    run: 'delete deployment x --cascade=sideways',
    code: 1,
    err: /^error: invalid cascade value \(sideways\)\. Must be "background", "foreground", or "orphan"$/,
  },
  // Pods: nobody has to end them; --force says so.
  { run: 'run lone --image=x', out: 'pod/lone created' },
  {
    run: 'delete pod lone --grace-period=0 --force',
    out: /^pod "lone" force deleted/,
    err: /^Warning: Immediate deletion does not wait/,
  },
  // kubectl wait: condition, jsonpath, create.
  { run: 'run awaited --image=x', out: 'pod/awaited created' },
  { run: 'wait --for=create pod/awaited --timeout=5s', out: 'pod/awaited condition met' },
  { run: `wait --for=jsonpath='{.status.phase}'=Pending pod/awaited --timeout=5s`, out: 'pod/awaited condition met' },
  {
    run: `patch pod awaited --subresource=status -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`,
    out: 'pod/awaited patched',
  },
  { run: 'wait --for=condition=Ready pod/awaited --timeout=5s', out: 'pod/awaited condition met' },
  {
    run: 'wait --for=condition=Ready pod/none --timeout=1s',
    code: 1,
    err: 'Error from server (NotFound): pods "none" not found',
  },
  // Namespaces: with everything in them; the first ones stay.
  { run: 'create namespace ending-below', out: 'namespace/ending-below created' },
  { run: '-n ending-below create configmap within', out: 'configmap/within created' },
  { run: 'delete namespace ending-below', out: 'namespace "ending-below" deleted' },
  { run: '-n ending-below get configmaps -o name', out: '' },
  {
    run: '-n ending-below create configmap late',
    code: 1,
    err: 'error: failed to create configmap: namespaces "ending-below" not found',
  },
  {
    run: 'delete namespace default',
    code: 1,
    err: 'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted',
  },
];
