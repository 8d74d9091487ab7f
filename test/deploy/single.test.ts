import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import type { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';
import { Environment } from '../../shared/environment.ts';
import { containerOf, limitsOf, podOf, roomFor } from './pod.ts';
import { render } from './rendered.ts';

const single = await render('single');

describe.skipIf(single.isMissing)('the single machine', () => {
  const deployment = () => single.only<Deployment>('Deployment');
  const configMap = () => single.only<ConfigMap>('ConfigMap');
  const config = () => readConfig(configMap().data);

  test('is what deploy/k8s itself stands for', async () => {
    expect((await render('.')).manifests).toEqual(single.manifests);
  });

  test('is one pod on its BASE_PATH, also during a rollout', () => {
    expect(deployment().spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  test('is probed where it says how it is', () => {
    expect(containerOf(deployment())).toMatchObject({
      startupProbe: { httpGet: { path: '/livez', port: 'http' } },
      livenessProbe: { httpGet: { path: '/livez', port: 'http' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
    });
  });

  test('keeps BASE_PATH on the claim', () => {
    const { volumeMounts } = containerOf(deployment());
    const volume = volumeMounts?.find(({ mountPath }) => mountPath === config().basePath)?.name;
    const claim = single.only<PersistentVolumeClaim>('PersistentVolumeClaim');
    expect(podOf(deployment()).volumes?.find(({ name }) => name === volume)).toEqual({
      name: volume,
      persistentVolumeClaim: { claimName: claim.metadata?.name },
    });
  });

  test('has room for its workers', () => {
    expect(limitsOf(deployment())).toEqual(roomFor(config().workers));
  });

  test('sets only what the service reads', () => {
    const names = Object.keys(configMap().data ?? {});
    expect(Object.keys(Environment.shape)).toEqual(expect.arrayContaining(names));
    expect(containerOf(deployment()).envFrom).toEqual([
      { configMapRef: { name: configMap().metadata?.name } },
    ]);
  });

  test('is reached on node port 30005', () => {
    const service = single.only<Service>('Service').spec;
    expect(containerOf(deployment()).ports).toEqual([{ name: 'http', containerPort: config().port }]);
    expect(config().host).toBe('0.0.0.0');
    expect(service?.type).toBe('NodePort');
    expect(service?.ports).toMatchObject([{ targetPort: 'http', nodePort: 30005 }]);
    expect(deployment().spec?.template.metadata?.labels).toMatchObject(service?.selector ?? { none: '' });
  });

  test('has a network policy that covers the pod, lets its port in, and nothing out', () => {
    const policy = single.only<NetworkPolicy>('NetworkPolicy').spec;
    expect(deployment().spec?.template.metadata?.labels).toMatchObject(
      policy?.podSelector?.matchLabels ?? { none: '' },
    );
    expect(policy?.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(policy?.ingress).toEqual([{ ports: [{ port: 'http', protocol: 'TCP' }] }]);
    expect(policy?.egress).toEqual([]);
  });
});
