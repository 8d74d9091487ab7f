import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { schemaFaults } from './kubernetes-schema.ts';

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

test('the patch makes a pod that the schemas accept, and takes nothing else from it', async () => {
  const deployment = parse(readFileSync(`${K8S}deployment.yaml`, 'utf8'));
  const patch = JSON.parse(readFileSync(`${K8S}strict/deployment-patch.json`, 'utf8'));
  const { containers, securityContext, ...more } = patch.spec.template.spec;
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  // As a strategic merge does it: containers by their name.
  expect(containers.map(({ name }: { name: string }) => name)).toEqual([container.name]);
  Object.assign(pod, more);
  Object.assign(pod.securityContext, securityContext);
  Object.assign(container.securityContext, containers[0].securityContext);
  expect(await schemaFaults(deployment)).toEqual([]);
  // The API takes the one only with the other.
  expect([container.securityContext.procMount, pod.hostUsers]).toEqual(['Unmasked', false]);
  expect(container.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});
