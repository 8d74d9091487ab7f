import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import type { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { describe, expect, test } from 'vitest';
import { render } from './rendered.ts';

const cluster = await render('cluster');

/** Policies add up: what any of them allows is allowed. */
function policiesOf(role: string) {
  const labels = cluster.named<Deployment>('Deployment', `darkroom-${role}`).spec?.template.metadata?.labels;
  return cluster
    .all<NetworkPolicy>('NetworkPolicy')
    .map(({ spec }) => spec)
    .filter((spec) =>
      Object.entries(spec?.podSelector?.matchLabels ?? { none: '' }).every(
        ([name, value]) => labels?.[name] === value,
      ),
    );
}

describe.skipIf(cluster.isMissing)('the network policies', () => {
  test.each(['api', 'worker'])(
    'let the %s reach PostgreSQL, S3 and the cluster’s DNS, and nothing else',
    (role) => {
      const policies = policiesOf(role);
      expect(policies.flatMap((spec) => spec?.policyTypes ?? []).toSorted()).toEqual(['Egress', 'Ingress']);
      expect(policies.flatMap((spec) => spec?.egress ?? [])).toEqual([
        { ports: [{ port: 5432, protocol: 'TCP' }] },
        { ports: [{ port: 443, protocol: 'TCP' }] },
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
      ]);
    },
  );

  test('let everybody in to the api', () => {
    expect(policiesOf('api').flatMap((spec) => spec?.ingress ?? [])).toEqual([
      { ports: [{ port: 'http', protocol: 'TCP' }] },
    ]);
  });

  test('let nobody in to the workers but who collects metrics', () => {
    expect(policiesOf('worker').flatMap((spec) => spec?.ingress ?? [])).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ port: 'http', protocol: 'TCP' }],
      },
    ]);
  });
});
