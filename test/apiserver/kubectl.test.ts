// The real kubectl against `waggle apiserver`: its commands, one after another, as somebody types them. What is expected is from
// kubectl's and the API's reference, not recorded from this server.

import test, { type ExecutionContext } from 'ava';
import { kubectl as kubectlNeed, kubectlPath } from '#support/kubectl.ts';
import { needs } from '#support/skip.ts';
import { run, ServerProcess } from './server-process.ts';

const requirements = [kubectlNeed];

type Kubectl = (words: string, input?: string) => Promise<string>;

/** Answers what a command printed, with its exit code before it when it failed. */
async function begin(t: ExecutionContext): Promise<{ readonly server: ServerProcess; readonly kubectl: Kubectl }> {
  const server = new ServerProcess(t);
  await server.start();
  const environment = { KUBECONFIG: server.kubeconfig, HOME: server.home };
  const kubectl: Kubectl = async (words, input = '') => {
    const { code, output: all } = await run(kubectlPath, words.split(' '), { input, environment });
    // What is deprecated or not acted on is notices.test.ts's.
    const output = all.replaceAll(/Warning: .*( is deprecated;|: no controller makes Pods of it).*\n?/g, '');
    return code === 0 ? output.trim() : `${code}: ${output.trim()}`;
  };
  return { server, kubectl };
}

const policy = `
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata:
  name: rack0
spec:
  nodeSelector:
    matchLabels:
      rack: rack0
  virtualRouters:
    - localASN: 65001
      exportPodCIDR: true
      neighbors:
        - peerAddress: 10.0.0.1/32
          peerASN: 65000
`;
const configMap = (data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  a: "${data}"
`;

test(
  'a peering policy is applied, shown, described, changed and deleted',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    t.regex(await kubectl('apply -f -', policy), /^ciliumbgppeeringpolicy\.cilium\.io\/rack0 created$/m);
    const version = 'get bgpp rack0 -o jsonpath={.metadata.resourceVersion}';
    const before = await kubectl(version);
    // A merge patch of a list with defaults in it is never empty: kubectl says "configured", and nothing was.
    t.regex(await kubectl('apply -f -', policy), /^ciliumbgppeeringpolicy\.cilium\.io\/rack0 configured$/m);
    t.is(await kubectl(version), before);
    t.regex(await kubectl('get bgpp'), /^NAME +AGE\nrack0 +\d+s$/);
    t.is(await kubectl('get bgpp rack0 -o jsonpath={.spec.virtualRouters[0].neighbors[0].holdTimeSeconds}'), '90');
    t.regex(await kubectl('describe bgpp rack0'), /Peer ASN: +65000|Peer Asn: +65000/);
    const changed = policy.replace('65000', '65002');
    t.regex(await kubectl('diff -f -', changed), /^1: [^]*^-\s+peerASN: 65000$[^]*^\+\s+peerASN: 65002$/m);
    t.regex(await kubectl('apply -f -', changed), /configured$/m);
    t.is(await kubectl('delete bgpp rack0'), 'ciliumbgppeeringpolicy.cilium.io "rack0" deleted');
    t.is(await kubectl('get bgpp'), 'No resources found');
  }),
);

test(
  'an object that is wrong is refused by its field, before anything is stored',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    t.regex(
      await kubectl('create -f -', policy.replace('localASN', 'localAS')),
      /strict decoding error: unknown field "spec\.virtualRouters\[0\]\.localAS"/,
    );
    const noAsn = await kubectl(
      'create -f -',
      policy.replace('    - localASN: 65001\n      exportPodCIDR', '    - exportPodCIDR'),
    );
    t.regex(
      noAsn,
      /The CiliumBGPPeeringPolicy "rack0" is invalid: spec\.virtualRouters\[0\]\.localASN: Required value/,
    );
    const bigAsn = await kubectl('create -f -', policy.replace('65000', '4294967296'));
    t.regex(
      bigAsn,
      /spec\.virtualRouters\[0\]\.neighbors\[0\]\.peerASN: Invalid value: 4294967296: .*should be less than or equal to 4294967295/,
    );
    t.is(await kubectl('get bgpp'), 'No resources found');
  }),
);

test(
  'created, edited by label and annotation, patched, replaced, selected, deleted',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    t.is(await kubectl('create namespace web'), 'namespace/web created');
    t.is(await kubectl('-n web create configmap one --from-literal=a=1'), 'configmap/one created');
    t.regex(
      await kubectl('-n web create configmap one'),
      /^1: error: failed to create configmap: configmaps "one" already exists$/,
    );
    t.is(await kubectl('-n web label configmap one tier=front'), 'configmap/one labeled');
    t.is(await kubectl('-n web annotate configmap one note=here'), 'configmap/one annotated');
    t.is(await kubectl('-n web create configmap two'), 'configmap/two created');
    t.is(await kubectl('-n web get cm -l tier=front -o name'), 'configmap/one');
    t.is(await kubectl('-n web get cm --field-selector metadata.name=two -o name'), 'configmap/two');
    t.is(await kubectl('-n web patch cm one --type merge -p {"data":{"b":"2"}}'), 'configmap/one patched');
    t.is(
      await kubectl('-n web patch cm one --type json -p [{"op":"remove","path":"/data/a"}]'),
      'configmap/one patched',
    );
    t.is(await kubectl('-n web get cm one -o jsonpath={.data}'), '{"b":"2"}');
    t.is(await kubectl('-n web create -f -', configMap('1')), 'configmap/settings created');
    t.is(await kubectl('-n web replace -f -', configMap('2')), 'configmap/settings replaced');
    t.is(await kubectl('-n web get cm settings -o jsonpath={.data.a}'), '2');
    t.regex(
      await kubectl('-n web delete cm settings --dry-run=server'),
      /^configmap "settings" deleted( from web namespace)? \(server dry run\)$/,
    );
    t.regex(await kubectl('-n web get cm settings --chunk-size=1'), /^NAME +DATA +AGE\nsettings +1 +\d+s$/);
    t.is(await kubectl('delete namespace web'), 'namespace "web" deleted');
    t.regex(await kubectl('get namespace web'), /^1: Error from server \(NotFound\): namespaces "web" not found$/);
  }),
);

test(
  'workloads are stored, shown as everywhere, scaled and exposed',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    t.is(await kubectl('create deployment web --image=nginx --replicas=2'), 'deployment.apps/web created');
    t.regex(await kubectl('get deployments'), /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/2 +0 +0 +\d+s$/);
    t.is(await kubectl('scale deployment web --replicas=5'), 'deployment.apps/web scaled');
    t.is(await kubectl('get deployment web -o jsonpath={.spec.replicas}'), '5');
    t.is(await kubectl('expose deployment web --port=80'), 'service/web exposed');
    t.regex(await kubectl('get service web'), /^web +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP +\d+s$/m);
    const applied = (image: string): string =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'applied' },
        spec: {
          selector: { matchLabels: { app: 'a' } },
          template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image }] } },
        },
      });
    t.is(await kubectl('apply -f -', applied('one')), 'deployment.apps/applied created');
    t.is(await kubectl('apply -f -', applied('one')), 'deployment.apps/applied unchanged');
    t.is(await kubectl('set image deployment/applied c=two'), 'deployment.apps/applied image updated');
    t.is(await kubectl('apply -f -', applied('three')), 'deployment.apps/applied configured');
    t.is(await kubectl('get deployment applied -o jsonpath={.spec.template.spec.containers[*].image}'), 'three');
    t.is(await kubectl('create secret generic s --from-literal=password=x'), 'secret/s created');
    t.regex(await kubectl('get secret s'), /^s +Opaque +1 +\d+s$/m);
    t.is(await kubectl('run p --image=nginx'), 'pod/p created');
    t.regex(await kubectl('get pod p -o wide'), /^p +0\/1 +Pending +0 +\d+s +<none> +<none>/m);
    t.regex(await kubectl('logs p'), /^1: .*this API server stores Pods and runs none of them|^1: .*MethodNotAllowed/);
  }),
);

test(
  'what the server is and serves: versions, resources, explanations, permissions',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    t.regex(await kubectl('version'), /^Server Version: v1\.\d+/m);
    const resources = await kubectl('api-resources');
    t.regex(resources, /^ciliumbgppeeringpolicies +bgpp +cilium\.io\/v2alpha1 +false +CiliumBGPPeeringPolicy$/m);
    t.regex(resources, /^pods +po +v1 +true +Pod$/m);
    t.true((await kubectl('api-versions')).split('\n').includes('cilium.io/v2alpha1'));
    t.regex(
      await kubectl('explain bgpp.spec.virtualRouters.localASN'),
      /FIELD: localASN <integer>[^]*AS number of the instance/,
    );
    t.regex(
      await kubectl('explain service.spec.externalTrafficPolicy'),
      /FIELD: externalTrafficPolicy <string>[^]*Local: only to endpoints of the node/,
    );
    t.regex(await kubectl('explain configmap'), /DESCRIPTION:\s+Settings as keys and values\.[^]*Texts by their keys/);
    // Of OpenAPI v2, which kubectl asks for as protobuf.
    t.regex(
      await kubectl('explain --output=plaintext-openapiv2 bgpp.spec.virtualRouters.localASN'),
      /FIELD: +localASN <integer>[^]*AS number of the instance/,
    );
    t.regex(await kubectl('get --raw /readyz?verbose'), /^\[\+\]store ok\nreadyz check passed$/m);
    t.is(await kubectl('auth can-i create pods'), 'yes');
    t.regex(await kubectl('auth whoami'), /^Username +admin$/m);
    t.is(
      await kubectl('wait --for=condition=Established crd/ciliumnodes.cilium.io --timeout=10s'),
      'customresourcedefinition.apiextensions.k8s.io/ciliumnodes.cilium.io condition met',
    );
  }),
);

test(
  'events of both groups are shown by kubectl events and kubectl get events, whichever they were written in',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web' };
    const [time, metadata] = ['2026-11-23T12:00:00.000000Z', { name: 'new', namespace: 'default' }];
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata,
      regarding: about,
      note: 'it goes',
      reason: 'Killing',
      action: 'Kill',
      type: 'Warning',
      eventTime: time,
      reportingController: 'example.com/killer',
      reportingInstance: 'k',
    };
    t.is(await kubectl('create -f -', JSON.stringify(event)), 'event.events.k8s.io/new created');
    const old = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'old', namespace: 'default' } };
    const told = { involvedObject: about, message: 'image is there', reason: 'Pulled', type: 'Normal' };
    t.is(await kubectl('create -f -', JSON.stringify({ ...old, ...told, lastTimestamp: time })), 'event/old created');
    for (const words of ['get events', 'get events.events.k8s.io', 'events', 'events --for pod/web']) {
      const shown = await kubectl(words);
      t.regex(shown, /Warning +Killing +[Pp]od\/web +it goes/, words);
      t.regex(shown, /Normal +Pulled +[Pp]od\/web +image is there/, words);
    }
    t.is(await kubectl('get events --field-selector reason=Killing -o name'), 'event/new');
    t.is(
      await kubectl('get ev.events.k8s.io --field-selector type=Normal -o jsonpath={.items[*].note}'),
      'image is there',
    );
    t.regex(await kubectl('delete events --all'), /^event "new" deleted.*\nevent "old" deleted/);
    t.regex(await kubectl('get events.events.k8s.io'), /^No resources found/);
  }),
);

test(
  'a kind of somebody is served as soon as its definition is there, and goes with it',
  needs(requirements, async (t) => {
    const { kubectl } = await begin(t);
    const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer, default: 3, maximum: 9}}}
      additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
`;
    t.is(
      await kubectl('apply -f -', definition),
      'customresourcedefinition.apiextensions.k8s.io/widgets.example.com created',
    );
    await kubectl('wait --for=condition=Established crd/widgets.example.com --timeout=10s');
    const widget = (spec: string): string =>
      `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":${spec}}`;
    t.regex(
      await kubectl('create -f -', widget('{"size":10}')),
      /spec\.size: Invalid value: 10: .*should be less than or equal to 9/,
    );
    t.is(await kubectl('create -f -', widget('{}')), 'widget.example.com/w created');
    t.is(await kubectl('get wd'), 'NAME   SIZE\nw      3');
    t.regex(await kubectl('delete crd widgets.example.com'), /deleted$/);
    // With what kubectl remembers of the discovery, and without.
    t.regex(
      await kubectl('get widgets'),
      /doesn't have a resource type "widgets"|could not find the requested resource/,
    );
  }),
);
