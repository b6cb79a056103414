// The command line of `waggle agent`: which ways to Kubernetes objects it takes, and what it says of the others.

import test from 'ava';
import { parseAgentOptions } from '#agent/options.ts';

type Environment = Readonly<Record<string, string>>;

const wrong: readonly (readonly [words: string, environment: Environment, message: RegExp])[] = [
  ['', {}, /expected --kubeconfig FILE, the service account of a pod in the cluster, or --standalone$/],
  ['--node-name n1', {}, /--kubeconfig FILE, the service account of a pod in the cluster, or --standalone$/],
  ['--kubeconfig k --standalone', {}, /exclude each other/],
  ['--standalone --config c', {}, /^--config: not supported yet/],
  ['--manifests m', {}, /--manifests DIR is read with --standalone only/],
  ['--standalone --api-listen 0.0.0.0:9880', {}, /^--api-listen 0\.0\.0\.0:9880: expected a loopback address and port/],
  ['--standalone --api-listen 127.0.0.1', {}, /^--api-listen 127\.0\.0\.1: expected a loopback address and port/],
  ['--standalone --api-listen localhost:1', {}, /^--api-listen localhost:1: expected a loopback/],
  ['--standalone --log-format xml', {}, /^--log-format xml: expected json or text$/],
  ['--standalone --log-level loud', {}, /^--log-level loud: expected one of trace/],
  ['--standalone --manifest m', {}, /--manifest/],
  ['--standalone m', {}, /'m'/],
];

for (const [words, environment, message] of wrong) {
  test(`"${words}" ${JSON.stringify(environment)} is a usage error that says what would be right`, (t) => {
    const parsed = parseAgentOptions(
      words.split(' ').filter((word) => word !== ''),
      environment,
    );
    if (parsed.type !== 'wrong') return t.fail(parsed.type);
    t.regex(parsed.message, message);
    t.notRegex(parsed.message, /\n/);
  });
}

test('defaults are those of every daemon', (t) => {
  const parsed = parseAgentOptions(['--standalone'], { NODE_NAME: 'n1' });
  t.deepEqual(parsed, {
    type: 'run',
    options: {
      runDir: '/run/waggle',
      stateDir: '/var/lib/waggle',
      nodeName: 'n1',
      logFormat: 'json',
      logLevel: 'info',
      source: { type: 'standalone', manifests: undefined },
      apiListen: undefined,
      bgpSecretsNamespace: 'kube-system',
    },
  });
});

test("a flag counts before the environment, and ours before the cluster's", (t) => {
  const environment = {
    NODE_NAME: 'pod',
    WAGGLE_NODE_NAME: 'ours',
    WAGGLE_MANIFESTS: '/m',
    WAGGLE_RUN_DIR: '/r',
    WAGGLE_API_LISTEN: '[::1]:9880',
  };
  const byEnvironment = parseAgentOptions(['--standalone'], environment);
  t.like(byEnvironment, {
    options: { nodeName: 'ours', source: { manifests: '/m' }, runDir: '/r', apiListen: { address: '::1', port: 9880 } },
  });
  const words = [
    '--standalone',
    '--node-name=flag',
    '--manifests',
    '/f',
    '--run-dir',
    '/x',
    '--api-listen',
    '127.0.0.1:1',
  ];
  t.like(parseAgentOptions(words, environment), {
    options: {
      nodeName: 'flag',
      source: { manifests: '/f' },
      runDir: '/x',
      apiListen: { address: '127.0.0.1', port: 1 },
    },
  });
});

test('a cluster is that of --kubeconfig, of WAGGLE_KUBECONFIG, or the one in which the agent is a pod', (t) => {
  const inPod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };
  const sourceOf = (args: readonly string[], environment: Environment): unknown => {
    const parsed = parseAgentOptions(args, environment);
    return parsed.type === 'run' ? parsed.options.source : parsed;
  };
  t.deepEqual(sourceOf(['--kubeconfig', 'k'], { ...inPod, WAGGLE_KUBECONFIG: 'v' }), { type: 'kubeconfig', file: 'k' });
  t.deepEqual(sourceOf([], { ...inPod, WAGGLE_KUBECONFIG: 'v' }), { type: 'kubeconfig', file: 'v' });
  t.deepEqual(sourceOf([], inPod), { type: 'in-cluster' });
  t.deepEqual(sourceOf(['--standalone'], inPod), { type: 'standalone', manifests: undefined });
});

test('--help is help, whatever else is missing', (t) => {
  t.is(parseAgentOptions(['-h'], {}).type, 'help');
});

test('the namespace of the Secrets is an option, a variable, or kube-system', (t) => {
  const parse = (args: readonly string[], environment = {}): unknown => {
    const parsed = parseAgentOptions(['--standalone', ...args], environment);
    return parsed.type === 'run' ? parsed.options.bgpSecretsNamespace : parsed;
  };
  t.is(parse(['--bgp-secrets-namespace', 'bgp']), 'bgp');
  t.is(parse([], { WAGGLE_BGP_SECRETS_NAMESPACE: 'bgp' }), 'bgp');
  t.like(parse(['--bgp-secrets-namespace', 'No!']), {
    type: 'wrong',
    message: '--bgp-secrets-namespace No!: expected the name of a namespace, such as kube-system',
  });
});
