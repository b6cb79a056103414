// What changes objects that are there: patch, edit, replace, label, annotate, set, scale, rollout; what is refused is said by the API.
// Sources: kubectl reference, pages of the same names; "Update API Objects in Place Using kubectl patch"; API concepts, conflicts.

import type { Row } from './row.ts';

const policy = {
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumBGPPeeringPolicy',
  metadata: { name: 'changing' },
  spec: { virtualRouters: [{ localASN: 65_001, neighbors: [{ peerAddress: '10.0.0.1/32', peerASN: 65_000 }] }] },
};
const names = 'get deployment web -o jsonpath={.spec.template.spec.containers[*].name}';

export const changing: readonly Row[] = [
  { run: 'create configmap one --from-literal=a=1', out: 'configmap/one created' },
  { run: 'create deployment web --image=nginx --replicas=2', out: 'deployment.apps/web created' },
  {
    run: 'create -f -',
    input: policy,
    out: 'ciliumbgppeeringpolicy.cilium.io/changing created',
  },
  // kubectl patch: --type strategic (the default), merge, json; --subresource.
  { run: `patch configmap one -p '{"data":{"b":"2"}}'`, out: 'configmap/one patched' },
  { run: `patch configmap one -p '{"data":{"b":"2"}}'`, out: 'configmap/one patched (no change)' },
  { run: `patch configmap one --type=merge -p '{"data":{"a":null,"c":"3"}}'`, out: 'configmap/one patched' },
  { run: 'get configmap one -o jsonpath={.data}', out: '{"b":"2","c":"3"}' },
  {
    run: `patch configmap one --type=json -p '[{"op":"test","path":"/data/b","value":"2"},{"op":"replace","path":"/data/b","value":"4"}]'`,
    out: 'configmap/one patched',
  },
  {
    run: `patch configmap one --type=json -p '[{"op":"test","path":"/data/b","value":"2"}]'`,
    code: 1,
    err: /^The request is invalid: |^Error from server \(Invalid\): |^error: /,
  },
  { run: `patch configmap one --dry-run=server --type=merge -p '{"data":{"d":"5"}}'`, out: 'configmap/one patched' },
  { run: `patch configmap one --dry-run=server --type=merge -p '{"data":{"d":"5"}}' -o name`, out: 'configmap/one' },
  { run: 'get configmap one -o jsonpath={.data}', out: '{"b":"4","c":"3"}' },
  { run: `patch configmap none -p '{}'`, code: 1, err: 'Error from server (NotFound): configmaps "none" not found' },
  // "Notes on the strategic merge patch": containers are merged by name; $patch: delete; $retainKeys.
  {
    run: `patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s"}]}}}}'`,
    out: 'deployment.apps/web patched',
  },
  { run: `${names}`, out: /^(nginx side|side nginx)$/ },
  {
    run: `patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}'`,
    out: 'deployment.apps/web patched',
  },
  { run: names, out: 'nginx' },
  {
    run: `patch deployment web -p '{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}'`,
    out: 'deployment.apps/web patched',
  },
  { run: 'get deployment web -o jsonpath={.spec.strategy}', out: '{"type":"Recreate"}' },
  {
    run: `patch deployment web --subresource=status --type=merge -p '{"status":{"replicas":2,"readyReplicas":1,"updatedReplicas":2},"spec":{"replicas":9}}'`,
    out: 'deployment.apps/web patched',
  },
  { run: 'get deployment web -o jsonpath={.status.readyReplicas},{.spec.replicas}', out: '1,2' },
  {
    run: `patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":4}}'`,
    out: 'scale.autoscaling/web patched',
  },
  { run: 'get deployment web -o jsonpath={.spec.replicas}', out: '4' },
  // Custom resources take no strategic merge patch: "Custom Resources", feature table.
  {
    run: `patch bgpp changing --type=merge -p '{"spec":{"virtualRouters":[{"localASN":65002,"neighbors":[{"peerAddress":"10.0.0.1/32","peerASN":65000}]}]}}'`,
    out: 'ciliumbgppeeringpolicy.cilium.io/changing patched',
  },
  {
    run: `patch bgpp changing --type=json -p '[{"op":"replace","path":"/spec/virtualRouters/0/neighbors/0/peerASN","value":65003}]'`,
    out: 'ciliumbgppeeringpolicy.cilium.io/changing patched',
  },
  {
    run: 'get bgpp changing -o jsonpath={.spec.virtualRouters[0].localASN},{.spec.virtualRouters[0].neighbors[0].peerASN}',
    out: '65002,65003',
  },
  {
    run: `patch bgpp changing --type=strategic -p '{"spec":{}}'`,
    code: 1,
    err: /^error: application\/strategic-merge-patch\+json is not supported by cilium\.io\/v2alpha1, Kind=CiliumBGPPeeringPolicy: the body of the request was in an unknown format - accepted media types include: /m,
  },
  {
    run: `patch bgpp changing --type=merge -p '{"spec":{"virtualRouters":[{"localASN":"x"}]}}'`,
    code: 1,
    err: /^The CiliumBGPPeeringPolicy "changing" is invalid: [^]*spec\.virtualRouters\[0\]\.localASN: Invalid value: "string": .*must be of type integer: "string"/m,
  },
  // kubectl edit, with KUBE_EDITOR.
  { run: 'edit configmap one', out: 'configmap/one edited' },
  { run: 'get configmap one -o jsonpath={.data.b}', out: 'edited' },
  { run: 'edit configmap one', err: 'Edit cancelled, no changes made.' },
  // kubectl replace; --force deletes and creates anew. API concepts: a resourceVersion that is not the last is a conflict.
  {
    run: 'replace -f -',
    input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { z: '1' } },
    out: 'configmap/one replaced',
  },
  { run: 'get configmap one -o jsonpath={.data}', out: '{"z":"1"}' },
  {
    run: 'replace -f -',
    input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', resourceVersion: '1' }, data: {} },
    code: 1,
    err: 'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    run: 'replace -f -',
    input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none' } },
    code: 1,
    err: 'Error from server (NotFound): error when replacing "STDIN": configmaps "none" not found',
  },
  {
    run: 'replace --force -f -',
    input: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { y: '1' } },
    out: /^configmap "one" deleted( from changing namespace)?\nconfigmap\/one replaced$/,
  },
  // kubectl label.
  { run: 'label configmap one tier=front', out: 'configmap/one labeled' },
  { run: 'label configmap one tier=front', out: 'configmap/one not labeled' },
  {
    run: 'label configmap one tier=back',
    code: 1,
    err: "error: 'tier' already has a value (front), and --overwrite is false",
  },
  { run: 'label --overwrite configmap one tier=back', out: 'configmap/one labeled' },
  { run: 'label configmap one --list', out: 'tier=back' },
  { run: 'label configmap one tier-', out: 'configmap/one unlabeled' },
  { run: 'label configmap one tier-', out: /^label "tier" not found\.$/m },
  {
    run: 'label configmap one a=b --resource-version=1',
    code: 1,
    err: /^error: Operation cannot be fulfilled on configmaps "one": the object has been modified|^Error from server \(Conflict\): Operation cannot be fulfilled/,
  },
  { run: 'label configmaps --all every=one', out: 'configmap/kube-root-ca.crt labeled\nconfigmap/one labeled' },
  // kubectl annotate.
  { run: 'annotate configmap one note=here', out: 'configmap/one annotated' },
  {
    run: 'annotate configmap one note=there',
    code: 1,
    err: "error: --overwrite is false but found the following declared annotation(s): 'note' already has a value (here)",
  },
  { run: 'annotate configmap one note-', out: 'configmap/one annotated' },
  // kubectl set image|env|resources|serviceaccount|selector|subject.
  { run: 'set image deployment/web nginx=nginx:2', out: 'deployment.apps/web image updated' },
  { run: 'set image deployment/web none=x', code: 1, err: 'error: unable to find container named "none"' },
  { run: 'set env deployment/web A=b', out: 'deployment.apps/web env updated' },
  { run: 'set env deployment/web --list', out: '# Deployment web, container nginx\nA=b' },
  { run: 'set env deployment/web A-', out: 'deployment.apps/web env updated' },
  {
    run: 'set resources deployment web --limits=cpu=200m,memory=64Mi',
    out: 'deployment.apps/web resource requirements updated',
  },
  { run: 'set serviceaccount deployment web default', out: 'deployment.apps/web serviceaccount updated' },
  {
    run: 'get deployment web -o json',
    json: {
      spec: {
        template: {
          spec: {
            serviceAccountName: 'default',
            containers: [{ image: 'nginx:2', resources: { limits: { cpu: '200m', memory: '64Mi' } } }],
          },
        },
      },
    },
  },
  { run: 'create service clusterip s --tcp=80', out: 'service/s created' },
  { run: 'set selector service s tier=front', out: 'service/s selector updated' },
  { run: 'get service s -o jsonpath={.spec.selector}', out: '{"tier":"front"}' },
  {
    run: `patch service s -p '{"spec":{"clusterIP":"10.96.0.77"}}'`,
    code: 1,
    err: /^The Service "s" is invalid: spec\.clusterIPs?(\[0\])?: Invalid value: .*may not change once set$/,
  },
  { run: 'create rolebinding rb --clusterrole=view --user=a', out: 'rolebinding.rbac.authorization.k8s.io/rb created' },
  { run: 'set subject rolebinding rb --user=b', out: 'rolebinding.rbac.authorization.k8s.io/rb subjects updated' },
  { run: 'get rolebinding rb -o jsonpath={.subjects[*].name}', out: 'a b' },
  // kubectl scale.
  { run: 'scale deployment web --replicas=3', out: 'deployment.apps/web scaled' },
  {
    run: 'scale deployment web --replicas=5 --current-replicas=9',
    code: 1,
    err: 'error: Expected replicas to be 9, was 3',
  },
  { run: 'scale deployment web --replicas=5 --current-replicas=3', out: 'deployment.apps/web scaled' },
  { run: 'get deployment web -o jsonpath={.spec.replicas}', out: '5' },
  {
    run: 'scale deployment none --replicas=1',
    code: 1,
    err: /^(Error from server \(NotFound\)|error: no objects passed to scale):? deployments\.apps "none" not found$/,
  },
  // kubectl rollout status|history|restart|pause|resume|undo: nothing rolls out here, and what is read from the status works.
  { run: 'rollout restart deployment/web', out: 'deployment.apps/web restarted' },
  {
    run: `get deployment web -o jsonpath='{.spec.template.metadata.annotations}'`,
    out: /^\{"kubectl\.kubernetes\.io\/restartedAt":"\d{4}-\d\d-\d\dT[^"]+"\}$/,
  },
  { run: 'rollout pause deployment/web', out: 'deployment.apps/web paused' },
  { run: 'rollout pause deployment/web', code: 1, err: 'error: deployments.apps "web" is already paused' },
  { run: 'rollout resume deployment/web', out: 'deployment.apps/web resumed' },
  { run: 'rollout history deployment/web', out: 'deployment.apps/web \nNo rollout history found.' },
  { run: 'rollout undo deployment/web', code: 1, err: 'error: no rollout history found for deployment "web"' },
  { run: 'rollout status deployment/web --watch=false', out: 'Waiting for deployment spec update to be observed...' },
  {
    run: `patch deployment web --subresource=status --type=merge -p '{"status":{"observedGeneration":99,"replicas":5,"updatedReplicas":5,"readyReplicas":5,"availableReplicas":5}}'`,
    out: 'deployment.apps/web patched',
  },
  { run: 'rollout status deployment/web --timeout=5s', out: 'deployment "web" successfully rolled out' },
];
