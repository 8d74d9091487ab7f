import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import type { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../shared/config.ts';
import { Environment } from '../../shared/environment.ts';
import { type Manifest, schemaFaults } from './kubernetes-schema.ts';

const K8S = fileURLToPath(new URL('../../deploy/k8s/', import.meta.url));
const run = promisify(execFile);

/** From the end of a drain to the exit: logs and database are flushed and closed. */
const EXIT_MARGIN_MS = 5_000;

const files = globSync('**/*.{yaml,yml}', { cwd: K8S }).sort();
const manifests = files
  .filter((file) => file !== 'kustomization.yaml')
  .flatMap((file) =>
    parseManifests(readFileSync(`${K8S}${file}`, 'utf8')).map((manifest) => ({ file, manifest })),
  );

function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS();
  });
}

/** The one manifest of its kind; T is what the schema test has found it to be. */
function theOnly<T extends Manifest>(kind: T['kind']): T {
  const found = manifests.filter(({ manifest }) => manifest.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]?.manifest as T;
}

const deployment = theOnly<Deployment>('Deployment');
const configMap = theOnly<ConfigMap>('ConfigMap');
const pod = deployment.spec?.template.spec;
const container = pod?.containers[0];
const config = readConfig(configMap.data);

describe('the Kubernetes schemas', () => {
  test.each(manifests)('accept $file', async ({ manifest }) => {
    expect(await schemaFaults(manifest)).toEqual([]);
  });

  test.each([
    ['a wrong type', { spec: { ...deployment.spec, replicas: 'one' } }, 'data/spec/replicas must be integer'],
    ['a misspelt property', { spec: { ...deployment.spec, replica: 1 } }, 'Deployment has no /spec/replica'],
    ['a missing property', { spec: { selector: {} } }, 'data/spec must have required property template'],
    ['a kind that is not there', { kind: 'Deploymint' }, 'apps/v1 has no Deploymint'],
    ['a version that is not there', { apiVersion: 'apps/v9' }, 'apps/v9 has no Deployment'],
  ])('refuse %s', async (_, change, fault) => {
    expect(await schemaFaults({ ...deployment, ...change })).toEqual([fault]);
  });
});

test('the manifests use stable versions only, the ones that Kubernetes does not drop', () => {
  expect(
    manifests.map(({ manifest }) => manifest.apiVersion).filter((version) => !/\bv\d+$/.test(version)),
  ).toEqual([]);
});

describe('the kustomization', () => {
  test('lists every manifest of its folder', () => {
    const { resources } = parse(readFileSync(`${K8S}kustomization.yaml`, 'utf8'));
    expect(['kustomization.yaml', ...resources].sort()).toEqual(files);
  });

  test('renders with kubectl to what the schemas accept', async (context) => {
    const missing = await run('kubectl', ['version', '--client']).then(
      () => false,
      (error) => error.code === 'ENOENT',
    );
    context.skip(missing && process.env.CI !== 'true', 'skipped: kubectl is not installed');

    const { stdout } = await run('kubectl', ['kustomize', K8S]);
    const rendered = parseManifests(stdout);
    expect(rendered.map(({ kind }) => kind).sort()).toEqual(
      manifests.map(({ manifest }) => manifest.kind).sort(),
    );
    expect((await Promise.all(rendered.map(schemaFaults))).flat()).toEqual([]);
  });
});

describe('the pod', () => {
  test('is the only one on its BASE_PATH, also during a rollout', () => {
    expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  test('has time for a whole drain before it is killed', () => {
    const graceMs = (pod?.terminationGracePeriodSeconds ?? 0) * 1000;
    expect(graceMs).toBeGreaterThanOrEqual(config.drainTimeoutMs + EXIT_MARGIN_MS);
  });

  test('is probed where it says how it is', () => {
    expect(container).toMatchObject({
      startupProbe: { httpGet: { path: '/livez', port: 'http' } },
      livenessProbe: { httpGet: { path: '/livez', port: 'http' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
    });
  });

  test('keeps BASE_PATH on the claim', () => {
    const volume = container?.volumeMounts?.find(({ mountPath }) => mountPath === config.basePath)?.name;
    expect(pod?.volumes?.find(({ name }) => name === volume)?.persistentVolumeClaim?.claimName).toBe(
      theOnly('PersistentVolumeClaim').metadata?.name,
    );
  });

  test('has no more rights than it needs', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('has requests and limits for CPU and memory', () => {
    const amounts = { cpu: expect.anything(), memory: expect.anything() };
    expect(container?.resources).toEqual({ requests: amounts, limits: amounts });
  });
});

describe('the configuration', () => {
  test('sets only what the service reads', () => {
    expect(Object.keys(Environment.shape)).toEqual(expect.arrayContaining(Object.keys(configMap.data ?? {})));
    expect(container?.envFrom).toEqual([{ configMapRef: { name: configMap.metadata?.name } }]);
  });

  test('is reached on node port 30005', () => {
    const service = theOnly<Service>('Service');
    expect(container?.ports).toEqual([{ name: 'http', containerPort: config.port }]);
    expect(config.host).toBe('0.0.0.0');
    expect(service.spec?.type).toBe('NodePort');
    expect(service.spec?.ports).toMatchObject([{ targetPort: 'http', nodePort: 30005 }]);
    expect(deployment.spec?.template.metadata?.labels).toMatchObject(service.spec?.selector ?? {});
  });
});

test('the network policy covers the pod, lets its port in, and nothing out', () => {
  const policy = theOnly<NetworkPolicy>('NetworkPolicy').spec;
  expect(deployment.spec?.template.metadata?.labels).toMatchObject(
    policy?.podSelector?.matchLabels ?? { none: '' },
  );
  expect(policy?.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(policy?.ingress).toEqual([{ ports: [{ port: container?.ports?.[0]?.name, protocol: 'TCP' }] }]);
  expect(policy?.egress).toEqual([]);
});
