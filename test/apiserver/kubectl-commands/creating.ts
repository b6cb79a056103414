// `kubectl create`, `run`, `expose` and `apply`: every generator whose kind is served, with what the API fills in, and those whose kind is
// not served. Sources: kubectl reference, pages of the same names; API reference 1.35, the pages of the kinds.

import type { Row } from './row.ts';

const missing = 'the server could not find the requested resource';
const subject = { apiGroup: 'rbac.authorization.k8s.io' };

const manifest = (data: object, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'applied' },
  data,
  ...more,
});

export const creating: readonly Row[] = [
  // kubectl create configmap; API reference, ConfigMap v1: data, immutable.
  { run: 'create configmap settings --from-literal=a=1 --from-literal=b=2', out: 'configmap/settings created' },
  {
    run: 'get configmap settings -o json',
    json: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'creating' },
      data: { a: '1', b: '2' },
    },
  },
  {
    run: 'create configmap settings',
    code: 1,
    err: 'error: failed to create configmap: configmaps "settings" already exists',
  },
  {
    run: 'create configmap Wrong_name',
    code: 1,
    err: /^error: failed to create configmap: ConfigMap "Wrong_name" is invalid: metadata\.name: Invalid value: "Wrong_name": a lowercase RFC 1123 subdomain must consist of/,
  },
  // kubectl create secret generic|docker-registry|tls; API reference, Secret v1: type, data in base64.
  { run: 'create secret generic opaque --from-literal=a=b', out: 'secret/opaque created' },
  { run: 'get secret opaque -o json', json: { type: 'Opaque', data: { a: 'Yg==' } } },
  {
    run: 'create secret docker-registry pull --docker-server=r.example --docker-username=u --docker-password=p',
    out: 'secret/pull created',
  },
  { run: 'get secret pull -o jsonpath={.type}', out: 'kubernetes.io/dockerconfigjson' },
  {
    run: `get secret pull -o go-template='{{index .data ".dockerconfigjson" | base64decode}}'`,
    json: { auths: { 'r.example': { username: 'u', password: 'p', auth: 'dTpw' } } },
  },
  { run: 'create secret tls pair --cert=$HOME/pair.crt --key=$HOME/pair.key', out: 'secret/pair created' },
  {
    run: `get secret pair -o go-template='{{.type}}{{range $k, $v := .data}} {{$k}}{{end}}'`,
    out: 'kubernetes.io/tls tls.crt tls.key',
  },
  {
    run: 'create -f -',
    input: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'half' }, type: 'kubernetes.io/tls', data: {} },
    code: 1,
    err: /^The Secret "half" is invalid: \n\* data\[tls\.crt\]: Required value\n\* data\[tls\.key\]: Required value$/,
  },
  // kubectl create namespace; API reference, Namespace v1; "Automatic labelling".
  { run: 'create namespace made', out: 'namespace/made created' },
  {
    run: 'get namespace made -o json',
    json: {
      metadata: { labels: { 'kubernetes.io/metadata.name': 'made' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    },
  },
  // kubectl create serviceaccount.
  { run: 'create serviceaccount robot', out: 'serviceaccount/robot created' },
  // kubectl create service clusterip|nodeport|loadbalancer|externalname; API reference, Service v1: defaults of ServiceSpec.
  { run: 'create service clusterip inner --tcp=80:8080', out: 'service/inner created' },
  {
    run: 'get service inner -o json',
    json: {
      metadata: { labels: { app: 'inner' } },
      spec: {
        type: 'ClusterIP',
        ports: [{ name: '80-8080', protocol: 'TCP', port: 80, targetPort: 8080 }],
        selector: { app: 'inner' },
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
      status: { loadBalancer: {} },
    },
  },
  { run: 'create service clusterip headless --clusterip=None', out: 'service/headless created' },
  { run: 'get service headless -o json', json: { spec: { clusterIP: 'None', clusterIPs: ['None'] } } },
  { run: 'create service nodeport outer --tcp=80 --node-port=30080', out: 'service/outer created' },
  {
    run: 'get service outer -o json',
    json: { spec: { type: 'NodePort', externalTrafficPolicy: 'Cluster', ports: [{ port: 80, nodePort: 30_080 }] } },
  },
  {
    run: 'create service nodeport taken --tcp=80 --node-port=30080',
    code: 1,
    err: /^error: failed to create NodePort service: Service "taken" is invalid: spec\.ports\[0\]\.nodePort: Invalid value: 30080: provided port is already allocated$/,
  },
  { run: 'create service loadbalancer wide --tcp=443:8443', out: 'service/wide created' },
  {
    run: 'get service wide -o json',
    json: { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: true, externalTrafficPolicy: 'Cluster' } },
  },
  { run: 'get service wide -o jsonpath={.spec.ports[0].nodePort}', out: /^3[0-2]\d{3}$/ },
  { run: 'create service externalname away --external-name=example.org', out: 'service/away created' },
  {
    run: 'get service away -o jsonpath={.spec.type},{.spec.externalName},{.spec.clusterIP}',
    out: 'ExternalName,example.org,',
  },
  // kubectl create deployment; API reference, Deployment apps/v1, PodSpec and Container: defaults.
  { run: 'create deployment web --image=nginx --replicas=2 --port=80', out: 'deployment.apps/web created' },
  {
    run: 'get deployment web -o json',
    json: {
      metadata: { generation: 1, labels: { app: 'web' } },
      spec: {
        replicas: 2,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        selector: { matchLabels: { app: 'web' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'nginx',
                image: 'nginx',
                imagePullPolicy: 'Always',
                ports: [{ containerPort: 80, protocol: 'TCP' }],
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
              },
            ],
            dnsPolicy: 'ClusterFirst',
            restartPolicy: 'Always',
            schedulerName: 'default-scheduler',
            securityContext: {},
            terminationGracePeriodSeconds: 30,
          },
        },
      },
    },
  },
  // kubectl create role|clusterrole|rolebinding|clusterrolebinding; API reference, rbac.authorization.k8s.io/v1.
  {
    run: 'create role reader --verb=get,list --resource=pods,deployments.apps',
    out: 'role.rbac.authorization.k8s.io/reader created',
  },
  {
    run: 'get role reader -o json',
    json: {
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
      ],
    },
  },
  {
    run: 'create clusterrole creating-paths --verb=get --non-resource-url=/logs/*',
    out: 'clusterrole.rbac.authorization.k8s.io/creating-paths created',
  },
  {
    run: 'get clusterrole creating-paths -o json',
    json: { rules: [{ nonResourceURLs: ['/logs/*'], verbs: ['get'] }] },
  },
  {
    run: 'create rolebinding reads --role=reader --user=eve --serviceaccount=creating:robot',
    out: 'rolebinding.rbac.authorization.k8s.io/reads created',
  },
  {
    run: 'get rolebinding reads -o json',
    json: {
      roleRef: { ...subject, kind: 'Role', name: 'reader' },
      subjects: [
        { ...subject, kind: 'User', name: 'eve' },
        { kind: 'ServiceAccount', name: 'robot', namespace: 'creating' },
      ],
    },
  },
  {
    run: 'create clusterrolebinding creating-group --clusterrole=creating-paths --group=g',
    out: 'clusterrolebinding.rbac.authorization.k8s.io/creating-group created',
  },
  {
    run: 'get clusterrolebinding creating-group -o json',
    json: { roleRef: { kind: 'ClusterRole' }, subjects: [{ ...subject, kind: 'Group', name: 'g' }] },
  },
  // kubectl create ingress; API reference, Ingress networking.k8s.io/v1.
  {
    run: 'create ingress door --class=own --rule="a.example/b*=inner:80"',
    out: 'ingress.networking.k8s.io/door created',
  },
  {
    run: 'get ingress door -o json',
    json: {
      spec: {
        ingressClassName: 'own',
        rules: [
          {
            host: 'a.example',
            http: {
              paths: [
                { path: '/b', pathType: 'Prefix', backend: { service: { name: 'inner', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    },
  },
  // kubectl run; API reference, Pod v1: status.phase. kubectl expose: the selector is the Pod's labels.
  { run: 'run lone --image=nginx:1 --port=80 --labels=run=lone --env=A=b', out: 'pod/lone created' },
  {
    run: 'get pod lone -o json',
    json: {
      metadata: { labels: { run: 'lone' } },
      spec: {
        containers: [
          { name: 'lone', image: 'nginx:1', imagePullPolicy: 'IfNotPresent', env: [{ name: 'A', value: 'b' }] },
        ],
        restartPolicy: 'Always',
        enableServiceLinks: true,
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    },
  },
  { run: 'expose pod lone --name=shown --port=8080 --target-port=80', out: 'service/shown exposed' },
  {
    run: 'get service shown -o json',
    json: { spec: { selector: { run: 'lone' }, ports: [{ port: 8080, targetPort: 80, protocol: 'TCP' }] } },
  },
  { run: 'expose deployment web --type=NodePort', out: 'service/web exposed' },
  // Kinds that are not served: API concepts, 404 of an unknown resource.
  { run: 'create job once --image=x', code: 1, err: `error: failed to create job: ${missing}` },
  {
    run: 'create cronjob often --image=x --schedule="* * * * *"',
    code: 1,
    err: `error: failed to create cronjob: ${missing}`,
  },
  {
    run: 'create poddisruptionbudget few --selector=a=b --min-available=1',
    code: 1,
    err: `error: failed to create poddisruptionbudgets: ${missing}`,
  },
  { run: 'create quota much', code: 1, err: `error: failed to create quota: ${missing}` },
  { run: 'create token robot', code: 1, err: `error: failed to create token: ${missing}` },
  {
    run: 'create -f -',
    input: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' } },
    code: 1,
    err: /^error: resource mapping not found for name: "once" namespace: "" from "STDIN": no matches for kind "Job" in version "batch\/v1"\nensure CRDs are installed first$/,
  },
  // kubectl create, --dry-run and --validate; API concepts, "Field validation".
  { run: 'create configmap dry --dry-run=client', out: 'configmap/dry created (dry run)' },
  { run: 'create configmap dry --dry-run=server', out: 'configmap/dry created (server dry run)' },
  { run: 'get configmap dry', code: 1, err: 'Error from server (NotFound): configmaps "dry" not found' },
  {
    run: 'create --validate=strict -f -',
    input: manifest({}, { datta: {} }),
    code: 1,
    err: /^Error from server \(BadRequest\): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"$/,
  },
  {
    run: 'create --validate=warn --dry-run=server -f -',
    input: manifest({}, { datta: {} }),
    out: 'configmap/applied created (server dry run)',
    err: 'Warning: unknown field "datta"',
  },
  {
    run: 'create --validate=ignore --dry-run=server -f -',
    input: manifest({}, { datta: {} }),
    out: 'configmap/applied created (server dry run)',
  },
  // kubectl apply; "Declarative Management of Kubernetes Objects Using Configuration Files".
  { run: 'apply --dry-run=client -f -', input: manifest({ a: '1' }), out: 'configmap/applied created (dry run)' },
  {
    run: 'apply --dry-run=server -f -',
    input: manifest({ a: '1' }),
    out: 'configmap/applied created (server dry run)',
  },
  { run: 'apply -f -', input: manifest({ a: '1', b: '1' }), out: 'configmap/applied created' },
  { run: 'apply -f -', input: manifest({ a: '1', b: '1' }), out: 'configmap/applied unchanged' },
  { run: 'diff -f -', input: manifest({ a: '1', b: '1' }), out: '' },
  { run: 'diff -f -', input: manifest({ a: '2' }), code: 1, out: /^- {2}a: "1"\n- {2}b: "1"\n\+ {2}a: "2"$/m },
  {
    run: 'apply --dry-run=server -f -',
    input: manifest({ a: '2' }),
    out: 'configmap/applied configured (server dry run)',
  },
  { run: 'apply -f -', input: manifest({ a: '2' }), out: 'configmap/applied configured' },
  { run: 'get configmap applied -o jsonpath={.data}', out: '{"a":"2"}' },
  { run: 'apply view-last-applied configmap applied -o json', json: { data: { a: '2' } } },
  {
    run: 'apply -f -',
    input: manifest({ a: '3' }, { metadata: { name: 'settings' } }),
    out: 'configmap/settings configured',
    err: /^Warning: resource configmaps\/settings is missing the kubectl\.kubernetes\.io\/last-applied-configuration annotation/,
  },
  { run: 'get configmap settings -o jsonpath={.data}', out: '{"a":"3","b":"2"}' },
  {
    run: 'apply -f -',
    input: `{"apiVersion":"v1","kind":"List","items":[${JSON.stringify(manifest({ a: '2' }))},{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"listed"}}]}`,
    out: 'configmap/applied unchanged\nserviceaccount/listed created',
  },
];
