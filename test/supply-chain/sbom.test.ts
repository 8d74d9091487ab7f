import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { lockedPackages, ROOT } from './lock-file.ts';

const Bom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string(), type: z.string() }) }),
  components: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      hashes: z.array(z.object({ alg: z.string(), content: z.string() })),
      components: z.array(z.looseObject({ name: z.string(), version: z.string() })).default([]),
    }),
  ),
});

let bom: z.infer<typeof Bom>;
beforeAll(async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], { cwd: ROOT });
  bom = Bom.parse(JSON.parse(stdout));
});

describe('the bill of materials', () => {
  test('is of the service', () => {
    expect(bom.metadata.component).toMatchObject({ name: 'darkroom', type: 'application' });
  });

  test('has all that runs in production, on whatever machine, and nothing else', () => {
    const shipped = lockedPackages.filter(({ dev }) => !dev).map(({ name, version }) => `${name}@${version}`);
    expect(new Set(bom.components.map(({ name, version }) => `${name}@${version}`))).toEqual(
      new Set(shipped),
    );
    expect(bom.components.map(({ name }) => name)).toContain('sharp');
  });

  test('has the digest of each, as the lock file has it', () => {
    const digests = new Map(
      lockedPackages.map(({ name, version, integrity }) => [`${name}@${version}`, integrity]),
    );
    for (const { name, version, hashes } of bom.components) {
      const [hash] = hashes;
      const digest = `sha512-${Buffer.from(hash?.content ?? '', 'hex').toString('base64')}`;
      expect([name, hash?.alg, digest]).toEqual([name, 'SHA-512', digests.get(`${name}@${version}`)]);
    }
  });

  test('has the libraries within the libvips of this machine', () => {
    const within = bom.components.flatMap(({ components }) => components.map(({ name }) => name));
    expect(within).toEqual(expect.arrayContaining(['vips', 'webp', 'heif', 'png', 'mozjpeg']));
  });
});
