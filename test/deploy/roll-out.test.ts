import { execFile } from 'node:child_process';
import { cp, glob, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { describe, expect, test } from 'vitest';
import { ownFolder } from '../helpers/own-folder.ts';
import { containerOf } from './pod.ts';
import { parseManifests, Rendered, render } from './rendered.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const IMAGE = `ghcr.io/photos/darkroom@sha256:${'0123456789abcdef'.repeat(4)}`;
const cluster = await render('cluster');

/** Renders as kubectl does, writes down what else it is asked for, and has the rollouts fail that $FAILS names, until they are undone. */
const KUBECTL = `#!/usr/bin/env bash
[[ $1 != kustomize ]] || exec "$KUBECTL" "$@"
echo "$*" >> "$LOG"
role=\${3##*-}; role=\${role%% *}
case "$1 $2" in
  'apply -f') cp "$3" "$LOG.manifests" ;;
  'rollout undo') touch "$LOG.$role" ;;
  'rollout status') [[ $FAILS != "$role" || -e $LOG.$role ]] ;;
esac
`;

async function rollOut(args: string[], fails = '') {
  const folder = await ownFolder();
  await cp(DEPLOY, join(folder, 'deploy'), { recursive: true });
  const secrets = join(folder, 'deploy/k8s/cluster/secrets');
  for await (const example of glob('*.example', { cwd: secrets }))
    await cp(join(secrets, example), join(secrets, example.replace('.example', '')));
  const programs = join(folder, 'programs');
  await mkdir(programs);
  await writeFile(join(programs, 'kubectl'), KUBECTL, { mode: 0o755 });
  const log = join(folder, 'log');
  await writeFile(log, '');
  const { stdout: kubectl } = await promisify(execFile)('which', ['kubectl']).catch(() => ({ stdout: '' }));
  const env = {
    PATH: `${programs}:${process.env.PATH}`,
    KUBECTL: kubectl.trim(),
    LOG: log,
    FAILS: fails,
    PATIENCE: '1s',
  };
  const { code, stderr } = await promisify(execFile)(join(folder, 'deploy/roll-out.sh'), args, { env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: { code: number; stderr: string }) => error,
  );
  const asked = (await readFile(log, 'utf8')).replaceAll(/\.\/roll-out-\w+/g, 'OVER').trim();
  const manifests = await readFile(`${log}.manifests`, 'utf8').catch(() => '');
  return {
    code,
    stderr,
    asked: asked.split('\n').filter(Boolean),
    rendered: new Rendered(manifests ? parseManifests(manifests) : []),
    left: (await readdir(join(folder, 'deploy/k8s'))).filter((name) => name.startsWith('roll-out-')),
  };
}

const WORKERS = ['apply -f OVER/manifests.yaml -l app.kubernetes.io/component!=api', statusOf('worker')];
const API = ['apply -f OVER/manifests.yaml', statusOf('api')];

function statusOf(role: string): string {
  return `rollout status deployment/darkroom-${role} --timeout=1s`;
}

const undone = (role: string) => [`rollout undo deployment/darkroom-${role}`, statusOf(role)];

describe.skipIf(cluster.isMissing)('deploy/roll-out.sh', () => {
  test('puts the image into the workers, and when they are all new into the api', async () => {
    const { code, stderr, asked, rendered, left } = await rollOut([IMAGE]);
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] });
    expect(asked).toEqual([...WORKERS, ...API]);
    const deployments = rendered.all<Deployment>('Deployment');
    expect(deployments.map((it) => containerOf(it).image)).toEqual([IMAGE, IMAGE]);
    expect(rendered.manifests).toHaveLength(cluster.manifests.length);
  });

  test('takes the workers back where they do not become ready, and leaves the api as it was', async () => {
    const { code, stderr, asked } = await rollOut([IMAGE], 'worker');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'the new workers did not become ready: going back\n',
    });
    expect(asked).toEqual([...WORKERS, ...undone('worker')]);
  });

  test('takes both back where the api does not become ready', async () => {
    const { code, asked } = await rollOut([IMAGE], 'api');
    expect(code).toBe(1);
    expect(asked).toEqual([...WORKERS, ...API, ...undone('api'), ...undone('worker')]);
  });

  test('goes back when it is told to, the api first', async () => {
    const { code, asked } = await rollOut(['--back']);
    expect(code).toBe(0);
    expect(asked).toEqual([...undone('api'), ...undone('worker')]);
  });

  test.each([[[]], [['darkroom:latest']], [['darkroom@sha256:1"']], [[IMAGE, IMAGE]]])(
    'does nothing for %j',
    async (args) => {
      const { code, asked } = await rollOut(args);
      expect({ code, asked }).toEqual({ code: 2, asked: [] });
    },
  );
});
