import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../../server/cli/migrate-settings.ts';
import { schemaFaults } from './kubernetes-schema.ts';
import { migrationManifests } from './migration-manifests.ts';
import { Rendered } from './rendered.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const K8S = `${ROOT}deploy/k8s/`;

const read = async <T>(path: string): Promise<T> => parse(await readFile(`${K8S}${path}`, 'utf8'));

const applied = new Rendered(await migrationManifests());
const job = applied.only<IJob & { apiVersion: 'batch/v1'; kind: 'Job' }>('Job');
const pod = job.spec?.template.spec;
const container = pod?.containers[0];

test('the job that moves one machine to many is one that the schemas accept, with all that comes with it', async () => {
  for (const manifest of applied.manifests) expect(await schemaFaults(manifest)).toEqual([]);
});

test('it reaches what the pods of the cluster reach, and nobody reaches it', async () => {
  const { spec } = applied.only<NetworkPolicy>('NetworkPolicy');
  const cluster = await read<NetworkPolicy>('cluster/network-policy.yaml');
  expect(spec?.podSelector?.matchLabels).toEqual(job.spec?.template.metadata?.labels);
  expect(spec?.egress).toEqual(cluster.spec?.egress);
  expect([spec?.policyTypes, spec?.ingress]).toEqual([['Ingress', 'Egress'], undefined]);
});

test('it runs the command as the service would run, where the data of the one machine are', async () => {
  const base = await read<{ spec: { template: { spec: object } } }>('base/deployment.yaml');
  const claim = await read<IPersistentVolumeClaim>('single/persistent-volume-claim.yaml');
  // Behind the entry point of the image.
  expect(container?.command).toBeUndefined();
  expect(container?.args).toEqual(['migrate']);
  expect(base.spec.template.spec).toMatchObject({
    securityContext: pod?.securityContext,
    containers: [{ securityContext: container?.securityContext }],
  });
  expect(pod?.volumes).toEqual([
    { name: 'data', persistentVolumeClaim: { claimName: claim.metadata?.name } },
  ]);
});

test('it is told where to by what the cluster is told, and where from by the folder that is mounted', async () => {
  const settings = await Promise.all(
    ['cluster/common.env', 'cluster/secrets/stores.env.example'].map((path) =>
      readFile(`${K8S}${path}`, 'utf8'),
    ),
  );
  expect(container?.envFrom?.map((it) => it.configMapRef?.name ?? it.secretRef?.name)).toEqual([
    'darkroom-migration',
    'darkroom-migration',
  ]);
  const places = readSettings({}, parseEnv(settings.join('\n')));
  expect(container?.volumeMounts).toEqual([{ name: 'data', mountPath: places.from.storage }]);
});

test('it is not one of the pods that may talk to nobody', async () => {
  const policy = await read<{ spec: { podSelector: { matchLabels: Record<string, string> } } }>(
    'single/network-policy.yaml',
  );
  expect(job.spec?.template.metadata?.labels).not.toMatchObject(policy.spec.podSelector.matchLabels);
});

test('another pod goes on where one was lost, and none does what a person has to look at', () => {
  expect(job.spec?.podFailurePolicy?.rules).toEqual([
    {
      action: 'FailJob',
      onExitCodes: { containerName: container?.name, operator: 'In', values: [1, 2, 78] },
    },
  ]);
});
