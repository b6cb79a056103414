// What the server is, serves and allows: auth, explain, api-resources, versions, cluster-info; and nodes, of which the API server alone
// does what is asked (cordon, taint, drain). Sources: kubectl reference, pages of the same names; "User impersonation"; "Taints and Tolerations".

import { type Row, table } from './row.ts';

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'asking' }, spec: { podCIDR: '10.1.0.0/24' } };

const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'lone', namespace: 'asking' } };
const unmanaged = 'Warning: deleting Pods that declare no controller: asking/lone';

export const asking: readonly Row[] = [
  // kubectl auth can-i, whoami.
  { run: 'auth can-i create pods', out: 'yes' },
  {
    run: 'auth can-i --list',
    out: /^Resources +Non-Resource URLs +Resource Names +Verbs\n\*\.\* +\[\] +\[\] +\[\*\]\n +\[\*\] +\[\] +\[\*\]$/,
  },
  { run: 'auth whoami', out: /^ATTRIBUTE +VALUE\nUsername +admin\nGroups +\[system:masters system:authenticated\]/ },
  // --as: the rights are the other's, and his groups those that are said.
  { run: 'create role reader --verb=get,list --resource=pods', out: 'role.rbac.authorization.k8s.io/reader created' },
  {
    run: 'create rolebinding reads --role=reader --user=eve',
    out: 'rolebinding.rbac.authorization.k8s.io/reads created',
  },
  { run: 'auth can-i list pods --as=eve', out: 'yes' },
  { run: 'auth can-i delete pods --as=eve', code: 1, out: 'no' },
  { run: 'auth can-i list pods --as=eve -n default', code: 1, out: 'no' },
  { run: 'auth can-i get /version --as=eve', out: 'yes' },
  { run: 'auth can-i --list --as=eve', out: /^pods +\[\] +\[\] +\[get list\]$/m },
  { run: 'get pods --as=eve', err: 'No resources found in asking namespace.' },
  {
    run: 'get secrets --as=eve',
    code: 1,
    err: 'Error from server (Forbidden): secrets is forbidden: User "eve" cannot list resource "secrets" in API group "" in the namespace "asking"',
  },
  {
    run: 'create configmap x --as=eve',
    code: 1,
    err: 'error: failed to create configmap: configmaps is forbidden: User "eve" cannot create resource "configmaps" in API group "" in the namespace "asking"',
  },
  {
    run: 'auth whoami --as=eve --as-group=a --as-group=b',
    out: /^Username +eve\nGroups +\[a b system:authenticated\]$/m,
  },
  {
    run: 'auth whoami --as=system:serviceaccount:asking:default',
    out: /^Groups +\[system:serviceaccounts system:serviceaccounts:asking system:authenticated\]$/m,
  },
  {
    run: 'auth whoami --as=eve --as-uid=1',
    code: 1,
    err: /^Error from server \(BadRequest\): impersonate-uid: not supported/,
  },
  // kubectl explain: of built-in kinds and of custom ones.
  { run: 'explain pod.spec.containers.image', out: /^KIND: +Pod\nVERSION: +v1\n\nFIELD: image <string>$/m },
  {
    run: 'explain bgpp.spec.virtualRouters.localASN',
    out: /^GROUP: +cilium\.io\nKIND: +CiliumBGPPeeringPolicy\nVERSION: +v2alpha1\n\nFIELD: localASN <integer>/,
  },
  { run: 'explain deployment.spec.replicas --api-version=apps/v1', out: /^FIELD: replicas <integer>$/m },
  {
    run: 'explain pod.spec.nosuch',
    code: 1,
    out: /^KIND: +Pod\nVERSION: +v1$/,
    err: 'error: field "nosuch" does not exist',
  },
  // kubectl api-resources, api-versions, version, cluster-info.
  {
    run: 'api-resources --api-group=apps -o name',
    out: 'controllerrevisions.apps\ndaemonsets.apps\ndeployments.apps\nreplicasets.apps\nstatefulsets.apps',
  },
  {
    run: 'api-resources --namespaced=false --api-group=rbac.authorization.k8s.io --no-headers',
    out: table(
      'clusterrolebindings rbac.authorization.k8s.io/v1 false ClusterRoleBinding',
      'clusterroles rbac.authorization.k8s.io/v1 false ClusterRole',
    ),
  },
  { run: 'api-versions', out: /^apps\/v1\n[^]*^cilium\.io\/v2\ncilium\.io\/v2alpha1\n[^]*^v1$/m },
  {
    run: 'version',
    out: /^Client Version: v1\.\d+\.\d+\S*\nKustomize Version: v\S+\nServer Version: v1\.35\.\d+/,
    // Of older ones, kubectl says how far it is.
    err: /^(WARNING: version difference between client .*)?$/,
  },
  { run: 'cluster-info', out: /Kubernetes control plane[^]* is running at [^]*https:\/\/127\.0\.0\.1:\d+/ },
  { run: 'get crd ciliumnodes.cilium.io -o jsonpath={.spec.names.kind}', out: 'CiliumNode' },
  {
    run: 'wait --for=condition=Established crd/ciliumnodes.cilium.io --timeout=5s',
    out: 'customresourcedefinition.apiextensions.k8s.io/ciliumnodes.cilium.io condition met',
  },
  // kubectl cordon, taint, uncordon, drain; API reference, NodeSpec.
  { run: 'create -f -', input: node, out: 'node/asking created' },
  { run: 'get node asking -o jsonpath={.spec.podCIDRs}', out: '["10.1.0.0/24"]' },
  { run: 'cordon asking', out: 'node/asking cordoned' },
  { run: 'cordon asking', out: 'node/asking already cordoned' },
  {
    run: 'get node asking',
    out: table('NAME STATUS ROLES AGE VERSION', String.raw`asking \S+,SchedulingDisabled <none> \d+s`),
  },
  { run: 'uncordon asking', out: 'node/asking uncordoned' },
  { run: 'taint nodes asking dedicated=x:NoSchedule', out: 'node/asking tainted' },
  {
    run: 'get node asking -o json',
    json: { spec: { taints: [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }] } },
  },
  {
    run: 'taint nodes asking dedicated=y:NoSchedule',
    code: 1,
    err: 'error: node asking already has dedicated taint(s) with same effect(s) and --overwrite is false',
  },
  { run: 'taint nodes asking dedicated:NoSchedule-', out: 'node/asking untainted' },
  { run: 'describe node asking', out: /^Taints: +<none>\nUnschedulable: +false\n[^]*^PodCIDR: +10\.1\.0\.0\/24$/m },
  { run: 'drain asking --timeout=5s', out: 'node/asking cordoned\nnode/asking drained' },
  // With a pod: it is evicted, by policy/v1 Eviction. "Safely Drain a Node"; "API-initiated Eviction".
  {
    run: 'create -f -',
    input: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'lone' },
      spec: { nodeName: 'asking', containers: [{ name: 'a', image: 'x' }] },
    },
    out: 'pod/lone created',
  },
  // Lists, and of pods their logs, which nobody has here; without --namespaces, kube-system and the current one.
  {
    run: 'cluster-info dump --output-directory=$HOME/dump && ls $HOME/dump $HOME/dump/asking && cat $HOME/dump/asking/lone/logs.txt',
    out: new RegExp(
      String.raw`^Cluster info dumped to /\S+/dump\n/\S+/dump:\nasking\nkube-system\nnodes\.json\n\n/\S+/dump/asking:\n` +
        String.raw`daemonsets\.json\ndeployments\.json\nevents\.json\nlone\npods\.json\n` +
        String.raw`replicasets\.json\nreplication-controllers\.json\nservices\.json\n` +
        String.raw`==== START logs for container a of pod asking/lone ====\nRequest log error: .*\n==== END logs .* ====$`,
    ),
  },
  {
    run: 'drain asking --timeout=5s',
    code: 1,
    out: 'node/asking already cordoned',
    err: /^error: unable to drain node "asking" due to error: .*declare no controller \(use --force to override\): asking\/lone, /,
  },
  {
    run: 'drain asking --force --dry-run=server --timeout=5s',
    out: 'node/asking already cordoned (server dry run)\nevicting pod asking/lone (server dry run)\nnode/asking drained (server dry run)',
    err: unmanaged,
  },
  { run: 'get pod lone -o name', out: 'pod/lone' },
  {
    run: 'create --raw /api/v1/namespaces/asking/pods/lone/eviction -f -',
    input: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'other' } },
    code: 1,
    err: 'Error from server (BadRequest): name in URL does not match name in Eviction object',
  },
  {
    run: 'create --raw /api/v1/namespaces/asking/pods/lone/eviction -f -',
    input: { ...eviction, deleteOptions: { preconditions: { uid: '1-2-3' } } },
    code: 1,
    err: /^Error from server \(Conflict\): .*[Pp]recondition/,
  },
  {
    run: 'drain asking --force --timeout=5s',
    out: 'node/asking already cordoned\nevicting pod asking/lone\npod/lone evicted\nnode/asking drained',
    err: unmanaged,
  },
  { run: 'get pods', err: 'No resources found in asking namespace.' },
  {
    run: 'create --raw /api/v1/namespaces/asking/pods/lone/eviction -f -',
    input: eviction,
    code: 1,
    err: 'Error from server (NotFound): pods "lone" not found',
  },
  { run: 'uncordon asking', out: 'node/asking uncordoned' },
];
