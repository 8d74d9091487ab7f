import { describe, expect, test } from 'vitest';
import { schemaFaults } from './kubernetes-schema.ts';
import { render } from './rendered.ts';

/** The versions that Kubernetes does not drop. */
const STABLE = /\bv\d+$/;

describe.each(['.', 'single', 'strict/single'])('deploy/k8s/%s', async (overlay) => {
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
});

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
  test('accept what is good', async () => {
    expect(await schemaFaults(deployment)).toEqual([]);
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
