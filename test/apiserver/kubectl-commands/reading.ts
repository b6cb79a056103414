// `kubectl get` in all its forms, `describe` and `events`. Sources: kubectl reference, "kubectl get", "kubectl describe", "kubectl events";
// "JSONPath Support"; "Field Selectors"; API reference 1.35, the pages of the kinds.

import { type Row, table } from './row.ts';

const age = String.raw`\d+s`;
/** Published into every namespace: Kubernetes documentation, "Bound service account tokens". */
const root = 'kube-root-ca.crt';
const address = String.raw`10\.96\.\d+\.\d+`;
const metadata = (name: string, more: object = {}): object => ({ name, ...more });
const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: metadata('one.1'),
  involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'one', namespace: 'reading' },
  reason: 'Seen',
  message: 'it was seen',
  type: 'Warning',
};

/** A patch of an event, for a shell: its object's uid, and when it was seen first and last. */
const seen = (first: string, last: string): string => {
  const uid = '$("$KUBECTL" get configmap one -o jsonpath={.metadata.uid})';
  const [from, to] = [first, last].map((ago) => `$(date -u -d '${ago}' +%FT%TZ)`);
  return `"{\\"involvedObject\\":{\\"uid\\":\\"${uid}\\"},\\"firstTimestamp\\":\\"${from}\\",\\"lastTimestamp\\":\\"${to}\\"}"`;
};

export const reading: readonly Row[] = [
  { run: 'get pods', err: 'No resources found in reading namespace.' },
  { run: 'get all', err: 'No resources found in reading namespace.' },
  { run: 'create configmap one --from-literal=a=1', out: 'configmap/one created' },
  { run: 'create configmap two', out: 'configmap/two created' },
  { run: 'label configmap one tier=front', out: 'configmap/one labeled' },
  // Tables, and options of kubectl get.
  { run: 'get configmaps', out: table('NAME DATA AGE', `${root} 1 ${age}`, `one 1 ${age}`, `two 0 ${age}`) },
  { run: 'get cm/one cm/two --no-headers', out: table(`one 1 ${age}`, `two 0 ${age}`) },
  { run: 'get cm one -o name', out: 'configmap/one' },
  { run: 'get cm -l tier=front -o name', out: 'configmap/one' },
  { run: `get cm -l '!tier' -o name`, out: `configmap/${root}\nconfigmap/two` },
  { run: `get cm -l 'tier in (front,back)' -o name`, out: 'configmap/one' },
  { run: 'get cm --field-selector metadata.name!=one -o name', out: `configmap/${root}\nconfigmap/two` },
  {
    run: 'get cm --field-selector data.a=1',
    code: 1,
    err: /^Error from server \(BadRequest\): Unable to find "\/v1, Resource=configmaps" that match label selector "", field selector "data\.a=1": field label not supported: data\.a$/,
  },
  {
    run: 'get cm --sort-by=.metadata.name',
    out: table('NAME DATA AGE', `${root} 1 ${age}`, `one 1 ${age}`, `two 0 ${age}`),
  },
  {
    run: 'get cm -L tier --show-labels',
    out: table(
      'NAME DATA AGE TIER LABELS',
      `${root} 1 ${age} <none>`,
      `one 1 ${age} front tier=front`,
      `two 0 ${age} <none>`,
    ),
  },
  { run: 'get cm --chunk-size=1 -o name', out: `configmap/${root}\nconfigmap/one\nconfigmap/two` },
  { run: 'get cm one --show-kind', out: table('NAME DATA AGE', `configmap/one 1 ${age}`) },
  {
    run: 'get cm -o custom-columns=NAME:.metadata.name,A:.data.a',
    out: table('NAME A', `${root} <none>`, 'one 1', 'two <none>'),
  },
  { run: `get cm -o jsonpath='{range .items[*]}{.metadata.name}={.data.a};{end}'`, out: `${root}=;one=1;two=;` },
  { run: `get cm -o go-template='{{len .items}}'`, out: '3' },
  { run: 'get cm -o json', json: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '' } } },
  {
    run: 'get cm one -o yaml',
    out: /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: "[^"]+Z"\n {2}labels:\n {4}tier: front\n {2}name: one\n {2}namespace: reading\n {2}resourceVersion: "\d+"\n {2}uid: [-0-9a-f]{36}$/,
  },
  { run: 'get cm none', code: 1, err: 'Error from server (NotFound): configmaps "none" not found' },
  { run: 'get cm none --ignore-not-found', out: '' },
  {
    run: 'get cm one none -o name',
    code: 1,
    out: 'configmap/one',
    err: 'Error from server (NotFound): configmaps "none" not found',
  },
  { run: 'get nosuch', code: 1, err: 'error: the server doesn\'t have a resource type "nosuch"' },
  {
    run: 'get cm -A --field-selector metadata.namespace=reading',
    out: table('NAMESPACE NAME DATA AGE', `reading ${root} 1 ${age}`, `reading one 1 ${age}`, `reading two 0 ${age}`),
  },
  { run: 'get --raw /api/v1/namespaces/reading/configmaps/one', json: { kind: 'ConfigMap', data: { a: '1' } } },
  {
    run: 'get --raw /nosuch',
    code: 1,
    err: 'Error from server (NotFound): the server could not find the requested resource',
  },
  { run: 'get --raw /readyz', out: 'ok' },
  // Several kinds, `all`, wide; the columns of the kinds.
  { run: 'create service nodeport web --tcp=80 --node-port=30180', out: 'service/web created' },
  { run: 'create deployment web --image=nginx --replicas=2', out: 'deployment.apps/web created' },
  { run: 'run lone --image=nginx', out: 'pod/lone created' },
  {
    run: 'get svc,cm -l app=web',
    out: table(
      'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT\\(S\\) AGE',
      `service/web NodePort ${address} <none> 80:30180/TCP ${age}`,
    ),
  },
  {
    run: 'get all',
    out: table(
      'NAME READY STATUS RESTARTS AGE',
      `pod/lone 0/1 Pending 0 ${age}`,
      '',
      'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT\\(S\\) AGE',
      `service/web NodePort ${address} <none> 80:30180/TCP ${age}`,
      '',
      'NAME READY UP-TO-DATE AVAILABLE AGE',
      `deployment.apps/web 0/2 0 0 ${age}`,
    ),
  },
  {
    run: 'get deployments -o wide',
    out: table(
      'NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR',
      `web 0/2 0 0 ${age} nginx nginx app=web`,
    ),
  },
  // A part alone: the status is shown as the whole, a Scale has columns of its own (upstream's printers, Scale).
  {
    run: 'get deployment web --subresource=status',
    out: table('NAME READY UP-TO-DATE AVAILABLE AGE', `web 0/2 0 0 ${age}`),
  },
  {
    run: 'get deployment web --subresource=scale',
    out: table('NAME DESIRED AVAILABLE AGE', `web 2 0 ${age}`),
  },
  {
    run: 'get deployment web --subresource=scale -o json',
    json: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 }, status: { selector: 'app=web' } },
  },
  {
    run: 'get deployments --subresource=scale',
    code: 1,
    err: 'error: subresource cannot be used when bulk resources are specified',
  },
  {
    run: 'create -f -',
    input: {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'old' },
      spec: { template: { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'a', image: 'x' }] } } },
    },
    out: 'replicationcontroller/old created',
  },
  { run: 'scale rc old --replicas=3', out: 'replicationcontroller/old scaled' },
  {
    run: 'get rc -o wide',
    out: table('NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR', `old 3 0 0 ${age} a x app=old`),
  },
  {
    run: 'describe rc old',
    out: /^Selector: +app=old\n[^]*^Replicas: +0 current \/ 3 desired\nPods Status: +0 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m,
  },
  { run: 'delete rc old', out: /^replicationcontroller "old" deleted/ },
  {
    run: 'get pods -o wide',
    out: table(
      'NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES',
      `lone 0/1 Pending 0 ${age} <none> <none> <none> <none>`,
    ),
  },
  { run: 'get pods --field-selector status.phase=Pending,spec.nodeName= -o name', out: 'pod/lone' },
  { run: 'create ingress door --class=own --rule="a.example/*=web:80"', out: 'ingress.networking.k8s.io/door created' },
  { run: 'get ingress', out: table('NAME CLASS HOSTS ADDRESS PORTS AGE', `door own a\\.example 80 ${age}`) },
  {
    run: 'create rolebinding reads --clusterrole=view --user=eve',
    out: 'rolebinding.rbac.authorization.k8s.io/reads created',
  },
  {
    run: 'get rolebindings -o wide',
    out: table('NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS', `reads ClusterRole/view ${age} eve`),
  },
  // kubectl describe.
  {
    run: 'describe configmap one',
    out: /^Name: +one\nNamespace: +reading\nLabels: +tier=front\nAnnotations: +<none>\n\nData\n====\na:\n----\n1\n[^]*Events: +<none>$/,
  },
  {
    run: 'describe service web',
    out: /^Type: +NodePort\nIP Family Policy: +SingleStack\nIP Families: +IPv4\nIP: +10\.96\.\d+\.\d+\n[^]*^NodePort: +80 +30180\/TCP\n/m,
  },
  {
    run: 'describe deployment web',
    out: /^Replicas: +2 desired \| 0 updated \| 0 total \| 0 available \| 0 unavailable\nStrategyType: +RollingUpdate$/m,
  },
  { run: 'describe pod lone', out: /^Status: +Pending\n[^]*^QoS Class: +BestEffort$/m },
  { run: 'describe ingress door', out: /^Ingress Class: +own\n[^]*^ +a\.example *\n +\/ +web:80/m },
  {
    run: 'describe rolebinding reads',
    out: /^Role:\n {2}Kind: +ClusterRole\n {2}Name: +view\nSubjects:\n[^]*User +eve/m,
  },
  { run: 'describe serviceaccount default', out: /^Name: +default\nNamespace: +reading$/m },
  {
    run: 'describe namespace reading',
    out: /^Name: +reading\nLabels: +kubernetes\.io\/metadata\.name=reading\n[^]*^Status: +Active/m,
  },
  { run: 'describe endpointslices', out: /^AddressType: +IPv4\n/m },
  { run: 'describe cm none', code: 1, err: 'Error from server (NotFound): configmaps "none" not found' },
  // kubectl events; API reference, Event v1. describe shows what is about its object.
  { run: 'events', err: 'No events found in reading namespace.' },
  {
    run: 'create -f -',
    input: { ...event, count: 2, lastTimestamp: '2026-01-02T03:04:05Z', firstTimestamp: '2026-01-02T03:04:05Z' },
    out: 'event/one.1 created',
  },
  {
    run: 'get events',
    out: table('LAST SEEN TYPE REASON OBJECT MESSAGE', `\\S+ Warning Seen configmap/one it was seen`),
  },
  {
    run: 'events --for configmap/one --no-headers',
    out: /^\S+ \(x2 over \S+\) +Warning +Seen +ConfigMap\/one +it was seen$/,
  },
  { run: 'events --types=Normal', err: 'No events found in reading namespace.' },
  // Those that name the object by its uid are described with it; ages as kubectl's describe.go and duration.HumanDuration write them.
  { run: `patch event one.1 --type=merge -p ${seen('-185 minutes', '-125 seconds')}`, out: 'event/one.1 patched' },
  {
    run: 'create -f -',
    input: { ...event, metadata: metadata('one.2'), reason: 'Kept', source: { component: 'tester' } },
    out: 'event/one.2 created',
  },
  { run: `patch event one.2 --type=merge -p ${seen('-73 hours', '-73 hours')}`, out: 'event/one.2 patched' },
  {
    run: 'describe configmap one',
    out: /^Events:\n +Type +Reason +Age +From +Message\n[ -]+\n +Warning +Kept +3d1h +tester +it was seen\n +Warning +Seen +2m\d+s \(x2 over 3h5m\) +it was seen$/m,
  },
  {
    run: 'events --for configmap/one --no-headers',
    out: /^3d1h +Warning +Kept +ConfigMap\/one +it was seen\n2m\d+s \(x2 over 3h5m\) +Warning +Seen +ConfigMap\/one +it was seen$/,
  },
  { run: 'get events --field-selector involvedObject.name=one,reason=Seen -o name', out: 'event/one.1' },
];
