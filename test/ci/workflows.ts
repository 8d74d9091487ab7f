import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Values = z.record(z.string(), Scalar);
const Permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));

const Step = z.looseObject({
  run: z.string().optional(),
  uses: z.string().optional(),
  with: Values.optional(),
  env: Values.optional(),
});

const Job = z.looseObject({
  uses: z.string().optional(),
  'timeout-minutes': z.number().optional(),
  permissions: Permissions.optional(),
  strategy: z.looseObject({ matrix: z.record(z.string(), z.array(z.unknown())) }).optional(),
  environment: z.looseObject({ name: z.string() }).optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  steps: z.array(Step).default([]),
});

/** What the tests look at; the rest is for the schemas of GitHub. */
const Workflow = z.looseObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: Permissions,
  concurrency: z.looseObject({ group: z.string() }).optional(),
  jobs: z.record(z.string(), Job),
});

export type Job = z.infer<typeof Job>;
export type Workflow = z.infer<typeof Workflow>;

export interface WorkflowFile {
  /** From the root of the repository. */
  path: string;
  text: string;
  workflow: Workflow;
}

/** All that there are, from `.github/workflows`. */
export const workflowFiles: WorkflowFile[] = globSync('.github/workflows/*.{yml,yaml}', { cwd: ROOT })
  .toSorted()
  .map((path) => {
    const text = readFileSync(`${ROOT}${path}`, 'utf8');
    return { path, text, workflow: Workflow.parse(parse(text)) };
  });

/** A job once for each combination of its matrix, with the values put in; once as it is, where it has none. */
export function runsOf(job: Job): string[] {
  const lines = job.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const { include = [], exclude: _, ...lists } = job.strategy?.matrix ?? {};
  const combined = Object.entries(lists).reduce<Record<string, unknown>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
  // One that adds to all of them is of no other command.
  const all = [...combined, ...include.map((one) => one as Record<string, unknown>)];
  const filled = all.flatMap((values) =>
    lines.map((line) =>
      line.replaceAll(/\$\{\{ matrix\.([\w-]+) \}\}/g, (text, name: string) => String(values[name] ?? text)),
    ),
  );
  return [...new Set(filled)].filter((line) => !line.includes('matrix.'));
}
