import { execFile } from 'node:child_process';
import { cp, glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { errorCode } from '../../shared/errors.ts';
import type { Manifest } from './kubernetes-schema.ts';

const K8S = fileURLToPath(new URL('../../deploy/k8s/', import.meta.url));
const EXAMPLE = '.example';

/** The 1.27 that our manifests want of a cluster; Debian 12 has the client of 1.20. */
const OLDEST_MINOR = 27;

const run = promisify(execFile);

const Version = z.object({ clientVersion: z.object({ minor: z.string() }) });

/** What `kubectl apply -k` would send of an overlay. */
export class Rendered {
  readonly manifests: readonly Manifest[];

  constructor(manifests: readonly Manifest[]) {
    this.manifests = manifests;
  }

  /** Nothing was rendered, for want of a kubectl. */
  get isMissing(): boolean {
    return this.manifests.length === 0;
  }

  /** T is what the schema test has found it to be. */
  all<T extends Manifest>(kind: T['kind']): T[] {
    return this.manifests.filter((manifest) => manifest.kind === kind) as T[];
  }

  only<T extends Manifest>(kind: T['kind']): T {
    const [first, ...others] = this.all<T>(kind);
    if (!first || others.length > 0) throw new Error(`there are ${others.length + (first ? 1 : 0)} ${kind}s`);
    return first;
  }

  named<T extends Manifest>(kind: T['kind'], name: string): T {
    const found = this.all<T>(kind).find(({ metadata }) => metadata?.name === name);
    if (!found) throw new Error(`there is no ${kind} ${name}`);
    return found;
  }
}

/**
 * @param overlay a folder of deploy/k8s; secrets are as their examples have them
 * @returns nothing, where there is no kubectl for it and this is not CI
 */
export async function render(overlay: string): Promise<Rendered> {
  if (process.env.CI !== 'true' && (await kubectlMinor()) < OLDEST_MINOR) return new Rendered([]);
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-k8s-'));
  try {
    await cp(K8S, folder, { recursive: true });
    for await (const example of glob(`**/*${EXAMPLE}`, { cwd: folder }))
      await cp(join(folder, example), join(folder, example.slice(0, -EXAMPLE.length)));
    const { stdout, stderr } = await run('kubectl', ['kustomize', join(folder, overlay)]);
    if (/deprecated/i.test(stderr)) throw new Error(stderr);
    return new Rendered(parseManifests(stdout));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** 0: there is none. */
async function kubectlMinor(): Promise<number> {
  try {
    const { stdout } = await run('kubectl', ['version', '--client', '--output=json']);
    return Number.parseInt(Version.parse(JSON.parse(stdout)).clientVersion.minor, 10);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

function mapValues(of: Record<string, string>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]));
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    const manifest: Manifest & { data?: Record<string, string> } = document.toJS();
    // Long ones come in lines, which base64 has no meaning for.
    if (manifest.kind === 'Secret')
      manifest.data = mapValues(manifest.data ?? {}, (text) => text.replaceAll('\n', ''));
    return manifest;
  });
}
