import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe.each(['README.md', 'deploy/RUNBOOK.md'])('%s', (file) => {
  const text = readFileSync(`${ROOT}${file}`, 'utf8');

  test('applies only what there is', () => {
    const applied = [...text.matchAll(/kubectl apply -k (deploy\/[\w/]+)/g)].map(([, folder]) => folder);
    expect(applied.length).toBeGreaterThan(1);
    for (const folder of applied)
      expect(existsSync(`${ROOT}${folder}/kustomization.yaml`), folder).toBe(true);
  });

  test('names only files of deploy that there are, or that an operator makes', () => {
    const named = [...text.matchAll(/\bdeploy\/[\w./-]*\w/g)].map(([path]) => path);
    const missing = named.filter(
      (path) => !existsSync(`${ROOT}${path}`) && !existsSync(`${ROOT}${path}.example`),
    );
    // What kubectl calls a Deployment.
    expect(missing.filter((path) => path !== 'deploy/darkroom')).toEqual([]);
  });
});
