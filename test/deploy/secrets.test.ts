import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ApiKeys } from '../../server/access/api-keys.ts';
import { SigningKeys } from '../../server/access/signing-keys.ts';
import { Endpoints } from '../../server/webhooks/endpoints.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = `${ROOT}deploy/k8s/cluster/secrets/`;
const examples = globSync('*.example', { cwd: FOLDER }).toSorted();

describe('the examples of secrets', () => {
  test('are there for every file that an overlay asks for, or that the runbook adds', () => {
    expect(examples).toEqual([
      'autoscaler.env.example',
      'keys.json.example',
      'signing-keys.json.example',
      'stores.env.example',
      'webhooks.json.example',
    ]);
  });

  test('are all of their folder that git takes', () => {
    const ignored = readFileSync(`${ROOT}.gitignore`, 'utf8').split('\n');
    expect(ignored.slice(ignored.indexOf('/deploy/k8s/cluster/secrets/*'))).toContain('!*.example');
  });

  test('let nobody in: the service refuses them', async () => {
    await expect(ApiKeys.read(`${FOLDER}keys.json.example`)).rejects.toThrow(/keys\[0\]\.hash/);
    await expect(SigningKeys.read(`${FOLDER}signing-keys.json.example`)).rejects.toThrow(/keys\[0\]\.secret/);
    await expect(Endpoints.read(`${FOLDER}webhooks.json.example`)).rejects.toThrow(/endpoints\[0\]\.secrets/);
  });
});
