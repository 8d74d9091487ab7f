import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';
import { environmentOf } from './environment-of.ts';
import type { Manifest } from './kubernetes-schema.ts';
import { migrationManifests } from './migration-manifests.ts';
import { EXIT_MARGIN_MS } from './pod.ts';
import { Rendered, render } from './rendered.ts';

/** Of Kubernetes' kinds, those that pods come from. */
const WITH_PODS = ['CronJob', 'DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet', 'StatefulSet'];

interface Pods {
  name: string;
  kind: string;
  manifest: Manifest;
  template: IPodTemplateSpec;
  rendered: Rendered;
}

/** @throws where there is a kind that this does not know: its pods would be looked at by nobody */
function podsOf(rendered: Rendered): Pods[] {
  return rendered.manifests
    .filter(({ kind }) => WITH_PODS.includes(kind))
    .map((manifest) => {
      const { kind, metadata } = manifest;
      if (kind !== 'Deployment' && kind !== 'Job') throw new Error(`nobody looks at the pods of a ${kind}`);
      const template = (manifest as IDeployment | IJob).spec?.template;
      if (!template?.spec) throw new Error(`${metadata?.name} has no pod`);
      return { name: `${kind} ${metadata?.name}`, kind, manifest, template, rendered };
    });
}

const sources: [name: string, rendered: Rendered][] = [
  ...(await Promise.all(
    ['.', 'single', 'cluster', 'strict/single', 'strict/cluster'].map(
      async (overlay): Promise<[string, Rendered]> => [overlay, await render(overlay)],
    ),
  )),
  ['migration.yaml', new Rendered(await migrationManifests())],
];

describe.each(sources)('deploy/k8s/%s', (_, rendered) => {
  const pods = podsOf(rendered);

  test.skipIf(rendered.isMissing)('has pods', () => {
    expect(pods.length).toBeGreaterThan(0);
  });

  describe.each(pods)('a pod of $name', ({ kind, manifest, template }) => {
    const pod = template.spec ?? { containers: [] };
    const containers = [...(pod.initContainers ?? []), ...pod.containers];

    test('is nobody on its node, and has nothing of it', () => {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: expect.stringMatching(/^(RuntimeDefault|Localhost)$/) },
      });
      expect(pod.securityContext?.runAsUser).toBeGreaterThan(0);
      for (const shared of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const)
        expect(pod[shared] ?? false, shared).toBe(false);
      expect((pod.volumes ?? []).filter(({ hostPath }) => hostPath)).toEqual([]);
    });

    test('has no token for the cluster', () => {
      expect(pod.automountServiceAccountToken).toBe(false);
    });

    test('has containers that can neither become more nor change what they run', () => {
      for (const { securityContext = {} } of containers) {
        const { procMount: _procMount, ...rest } = securityContext;
        expect(rest).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    });

    test('asks for what it needs, and gets no more than so much', () => {
      const amounts = { cpu: expect.any(String), memory: expect.any(String) };
      for (const { resources } of containers)
        expect(resources).toEqual({ requests: amounts, limits: amounts });
    });

    test('is covered by network policies, in and out', () => {
      const types = rendered
        .all<NetworkPolicy>('NetworkPolicy')
        .filter(({ spec }) => covers(spec?.podSelector?.matchLabels ?? {}, template.metadata?.labels ?? {}))
        .flatMap(({ spec }) => spec?.policyTypes ?? []);
      expect(new Set(types)).toEqual(new Set(['Ingress', 'Egress']));
    });

    test.runIf(kind === 'Deployment')('is probed, at its start, for life and for readiness', () => {
      const probe = expect.objectContaining({ httpGet: expect.anything() });
      for (const container of pod.containers)
        expect(container).toMatchObject({ startupProbe: probe, livenessProbe: probe, readinessProbe: probe });
    });

    test.runIf(kind === 'Deployment')('has time for a whole drain before it is killed', () => {
      // DRAIN_DELAY_MS is a part of it. A hook before SIGTERM would take from the same time.
      const { drainTimeoutMs } = readConfig(environmentOf(manifest as IDeployment, rendered));
      for (const { lifecycle } of pod.containers) expect(lifecycle).toBeUndefined();
      const graceMs = (pod.terminationGracePeriodSeconds ?? 0) * 1000;
      expect(graceMs).toBeGreaterThanOrEqual(drainTimeoutMs + EXIT_MARGIN_MS);
    });

    test.runIf(kind === 'Job')('is not tried for ever', () => {
      expect((manifest as IJob).spec?.backoffLimit).toBeGreaterThan(0);
      expect(pod.restartPolicy).toBe('Never');
    });
  });
});

/** Whether a selector by labels, an empty one being for all, is for a pod. */
function covers(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
