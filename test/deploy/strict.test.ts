import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { containerOf, podOf } from './pod.ts';
import { render } from './rendered.ts';

const K8S = fileURLToPath(new URL('../../deploy/k8s/', import.meta.url));

/** As far as the runtime specification of the OCI has it, and we write it. */
const SeccompProfile = z.strictObject({
  defaultAction: z.literal('SCMP_ACT_ALLOW'),
  architectures: z.array(z.string().startsWith('SCMP_ARCH_')),
  syscalls: z.tuple([
    z.strictObject({
      action: z.literal('SCMP_ACT_ERRNO'),
      errnoRet: z.literal(1),
      names: z.array(z.string()),
    }),
  ]),
});

/** What bubblewrap asks of the kernel, and the profiles of container runtimes refuse. */
const OF_BUBBLEWRAP = [
  'clone',
  'clone3',
  'unshare',
  'mount',
  'umount2',
  'pivot_root',
  'capset',
  'prctl',
  'seccomp',
];

/** Of what they refuse, what leads out of a container most surely. */
const REFUSED = [
  'bpf',
  'keyctl',
  'ptrace',
  'setns',
  'init_module',
  'kexec_load',
  'perf_event_open',
  'open_by_handle_at',
];

test('the profile of system calls leaves what bubblewrap needs, and refuses what nobody here does', () => {
  const { syscalls } = SeccompProfile.parse(JSON.parse(readFileSync(`${K8S}strict/seccomp.json`, 'utf8')));
  const [{ names }] = syscalls;
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => OF_BUBBLEWRAP.includes(name))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(REFUSED));
});

const overlays = [
  { overlay: 'single', decodes: ['darkroom'] },
  { overlay: 'cluster', decodes: ['darkroom-worker'] },
];

describe.each(overlays)('strict/$overlay', async ({ overlay, decodes }) => {
  const [plain, strict] = await Promise.all([render(overlay), render(`strict/${overlay}`)]);

  test.skipIf(strict.isMissing)('changes the pods that have workers, and nothing else', () => {
    const changed = strict.manifests.filter(
      (manifest, index) => !isDeepStrictEqual(manifest, plain.manifests[index]),
    );
    expect(strict.manifests).toHaveLength(plain.manifests.length);
    expect(changed.map(({ metadata }) => metadata?.name)).toEqual(decodes);
  });

  test.skipIf(strict.isMissing).each(decodes)('has a sandbox in %s, and gives no right for it', (name) => {
    const deployment = strict.named<Deployment>('Deployment', name);
    const container = containerOf(deployment);
    expect(container.env).toEqual([{ name: 'WORKER_SANDBOX', value: 'strict' }]);
    // The API takes the one only with the other.
    expect([container.securityContext?.procMount, podOf(deployment).hostUsers]).toEqual(['Unmasked', false]);
    expect(podOf(deployment).securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/darkroom.json' },
    });
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});
