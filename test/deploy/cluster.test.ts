import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import type { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';
import { environmentOf } from './environment-of.ts';
import { isKnown } from './known-names.ts';
import { containerOf, limitsOf, podOf, roomFor } from './pod.ts';
import { render } from './rendered.ts';

const cluster = await render('cluster');
const ROLES = ['api', 'worker'] as const;

const deploymentOf = (role: string) => cluster.named<Deployment>('Deployment', `darkroom-${role}`);
const labelsOf = (role: string) => deploymentOf(role).spec?.template.metadata?.labels;
const settingsOf = (role: string) => environmentOf(deploymentOf(role), cluster);
const configOf = (role: string) => readConfig(settingsOf(role));

describe.skipIf(cluster.isMissing)('the cluster', () => {
  test('has an api and workers, and keeps nothing on a volume', () => {
    expect(cluster.all('Deployment').map(({ metadata }) => metadata?.name)).toEqual(
      ROLES.map((role) => `darkroom-${role}`),
    );
    expect(cluster.all('PersistentVolumeClaim')).toEqual([]);
  });

  test('sends requests to the api alone', () => {
    const service = cluster.only<Service>('Service').spec;
    expect(service?.ports).toEqual([{ name: 'http', port: 80, targetPort: 'http' }]);
    expect(labelsOf('api')).toMatchObject(service?.selector ?? { none: '' });
    expect(labelsOf('worker')).not.toMatchObject(service?.selector ?? {});
  });

  test('lets whoever has no key do nothing', () => {
    const { API_KEYS_FILE, SIGNING_KEYS_FILE } = settingsOf('api');
    const mounted = mountedFiles('api');
    expect(mounted).toEqual(expect.arrayContaining([API_KEYS_FILE, SIGNING_KEYS_FILE]));
    for (const role of ROLES) expect(settingsOf(role)).not.toHaveProperty('ALLOW_ANONYMOUS');
  });

  test('has the keys of clients where they are looked at, and not beside the decoders', () => {
    expect(mountedFiles('worker')).toEqual([]);
    expect(settingsOf('worker')).not.toHaveProperty('API_KEYS_FILE');
  });

  test('has no secret in a ConfigMap', () => {
    const written = JSON.stringify(cluster.all('ConfigMap'));
    expect(written).not.toMatch(/DATABASE_URL|AWS_|password|secret"/i);
  });
});

describe.skipIf(cluster.isMissing).each(ROLES)('a pod of the role %s', (role) => {
  test('sets what the service reads, and what it takes', () => {
    expect(Object.keys(settingsOf(role)).filter((name) => !isKnown(name))).toEqual([]);
    expect(configOf(role)).toMatchObject({ role, host: '0.0.0.0', database: { kind: 'postgres' } });
  });

  test('has its files in folders of its own that are bounded and end with it', () => {
    const { volumes = [] } = podOf(deploymentOf(role));
    const { volumeMounts = [] } = containerOf(deploymentOf(role));
    const kept = volumeMounts.filter(({ readOnly }) => !readOnly);
    expect(kept.map(({ mountPath }) => mountPath).toSorted()).toEqual([settingsOf(role).BASE_PATH, '/tmp']);
    for (const { name } of kept) {
      const volume = volumes.find((it) => it.name === name);
      expect(volume?.emptyDir?.sizeLimit).toMatch(/^\dGi$/);
    }
  });

  test('gives way only when another is ready, and stands for a while before the next does', () => {
    const { spec } = deploymentOf(role);
    expect(spec?.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
    expect(spec?.minReadySeconds).toBeGreaterThan(0);
    // It would take the number of pods back from their autoscaler.
    expect(spec).not.toHaveProperty('replicas');
  });

  test('is probed where it says how it is, and has minutes to start', () => {
    const { startupProbe, ...probes } = containerOf(deploymentOf(role));
    expect(probes).toMatchObject({
      livenessProbe: { httpGet: { path: '/livez', port: 'http' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
    });
    expect(startupProbe).toMatchObject({
      httpGet: { path: '/livez', port: 'http' },
      periodSeconds: 1,
      failureThreshold: 300,
    });
    expect(probes.ports).toEqual([{ name: 'http', containerPort: configOf(role).port }]);
  });

  test('is one of few that a drain of nodes takes at once', () => {
    const budgets = cluster.all<PodDisruptionBudget>('PodDisruptionBudget');
    const own = budgets.filter(({ metadata }) => metadata?.name === `darkroom-${role}`);
    expect(own.map(({ spec }) => spec?.maxUnavailable)).toEqual([1]);
    expect(own[0]?.spec?.selector?.matchLabels).toEqual(labelsOf(role));
  });

  test('is apart from those of its kind, by node and by zone', () => {
    const { topologySpreadConstraints = [] } = podOf(deploymentOf(role));
    expect(topologySpreadConstraints.map(({ topologyKey }) => topologyKey).toSorted()).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
    for (const { labelSelector, matchLabelKeys } of topologySpreadConstraints) {
      expect(labelsOf(role)).toMatchObject(labelSelector?.matchLabels ?? { none: '' });
      expect(matchLabelKeys).toEqual(['pod-template-hash']);
    }
  });

  test('runs a version that is named', () => {
    expect(containerOf(deploymentOf(role)).image).toMatch(/:\d+\.\d+\.\d+$/);
  });
});

describe.skipIf(cluster.isMissing)('a drain', () => {
  test('leaves load balancers time, and uploads the rest of a minute', () => {
    expect(configOf('api')).toMatchObject({ drainDelayMs: 10_000, drainTimeoutMs: 60_000 });
  });

  test('cuts no run off', () => {
    const { drainTimeoutMs, jobTimeoutMs } = configOf('worker');
    expect(drainTimeoutMs).toBeGreaterThan(jobTimeoutMs);
  });
});

describe.skipIf(cluster.isMissing)('the resources', () => {
  test('of a worker fit N_WORKERS, which use all that they ask for', () => {
    const { workers } = configOf('worker');
    expect(limitsOf(deploymentOf('worker'))).toEqual(roomFor(workers));
    expect(containerOf(deploymentOf('worker')).resources?.requests?.cpu).toBe(String(workers));
  });
});

/** Those of volumes that cannot be written to, which are of secrets. */
function mountedFiles(role: string): string[] {
  const { volumes = [] } = podOf(deploymentOf(role));
  const { volumeMounts = [] } = containerOf(deploymentOf(role));
  return volumeMounts
    .filter(({ readOnly }) => readOnly)
    .flatMap(({ name, mountPath }) => {
      const secret = volumes.find((volume) => volume.name === name)?.secret?.secretName;
      const { data } = cluster.named<{ apiVersion: 'v1'; kind: 'Secret'; data: object }>(
        'Secret',
        String(secret),
      );
      return Object.keys(data).map((file) => `${mountPath}/${file}`);
    });
}
