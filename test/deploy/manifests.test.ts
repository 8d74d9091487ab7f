import { describe, expect, test } from 'vitest';
import { kedaFaults } from './keda-schema.ts';
import { schemaFaults } from './kubernetes-schema.ts';
import { render } from './rendered.ts';

/** Of Kubernetes itself, the versions that it does not drop; KEDA has no other than this. */
const STABLE = /\bv\d+$|^keda\.sh\/v1alpha1$/;

describe.each(['.', 'single', 'cluster', 'strict/single', 'strict/cluster'])(
  'deploy/k8s/%s',
  async (overlay) => {
    const rendered = await render(overlay);
    const manifests = rendered.manifests.map((manifest) => ({
      manifest,
      name: `${manifest.kind} ${manifest.metadata?.name}`,
    }));

    describe.skipIf(rendered.isMissing)('as kubectl renders it', () => {
      test.each(manifests)('has a $name that the schemas accept', async ({ manifest }) => {
        expect(await schemaFaults(manifest)).toEqual([]);
        expect(manifest.apiVersion).toMatch(STABLE);
      });
    });
  },
);

describe('the schemas', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
    },
  };
  const authentication = {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'TriggerAuthentication',
    metadata: { name: 'a', labels: {} },
    spec: { secretTargetRef: [{ parameter: 'host', name: 'a', key: 'host' }] },
  };

  test('accept what is good', async () => {
    expect(await schemaFaults(deployment)).toEqual([]);
    expect(await schemaFaults(authentication)).toEqual([]);
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

  test.each([
    ['a misspelt property', { spec: { ...authentication.spec, secretTargetRefs: [] } }, /"secretTargetRefs"/],
    ['a kind that is not there', { kind: 'Authentication' }, /kind/],
    ['a version that is not there', { apiVersion: 'keda.sh/v1' }, /apiVersion/],
  ])('refuse %s of KEDA', (_, change, fault) => {
    expect(kedaFaults({ ...authentication, ...change })).toEqual([expect.stringMatching(fault)]);
  });
});
