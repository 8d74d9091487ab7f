import { accessSync, constants, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandFaults } from './commands.ts';
import { workflowFaults } from './workflow-faults.ts';
import { ROOT, runsOf, type WorkflowFile, workflowFiles } from './workflows.ts';

const named = (name: string): WorkflowFile => {
  const found = workflowFiles.find(({ path }) => path === `.github/workflows/${name}.yml`);
  if (!found) throw new Error(`there is no workflow ${name}`);
  return found;
};

test('there are those that the runbook and the README name', () => {
  for (const name of ['ci', 'image', 'deploy', 'nightly', 'release'])
    expect(named(name).workflow.name).toBe(name);
});

describe.each(workflowFiles)('$path', ({ path, text, workflow }) => {
  const jobs = Object.entries(workflow.jobs);

  test('is as GitHub has it', async () => {
    expect(await workflowFaults(path, text)).toEqual([]);
  });

  test('has no command that there is not', () => {
    expect(jobs.flatMap(([, job]) => runsOf(job)).flatMap(commandFaults)).toEqual([]);
  });

  test('takes actions of others by the commit, and says which version that is', () => {
    const used = [...text.matchAll(/^\s*(?:- )?uses: (.+)$/gm)].map(([, of = '']) => of);
    const others = used.filter((of) => !of.startsWith('./'));
    expect(used.length).toBeGreaterThan(0);
    expect(others.filter((of) => !/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(of))).toEqual([]);
  });

  test('may write nothing but where a job says so, and reads no more than it has to', () => {
    expect(Object.values(workflow.permissions)).not.toContain('write');
    const writing = jobs.flatMap(([, { permissions = {} }]) =>
      Object.keys(permissions).filter((name) => permissions[name] === 'write'),
    );
    const allowed = { image: ['packages', 'id-token'], release: ['contents', 'id-token'] };
    expect(writing).toEqual(allowed[workflow.name as keyof typeof allowed] ?? []);
  });

  test('ends in time, and checks out without leaving a token behind', () => {
    for (const [name, job] of jobs) {
      if (job.uses === undefined) expect(job['timeout-minutes'], name).toBeGreaterThan(0);
      const checkouts = job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
      for (const { with: options } of checkouts) expect(options?.['persist-credentials'], name).toBe(false);
    }
  });

  test('lets nobody put words into a command: what others write comes by the environment', () => {
    const commands = jobs.flatMap(([, job]) => job.steps.flatMap(({ run = '' }) => run));
    expect(commands.flatMap((run) => run.match(/\$\{\{ (?!matrix\.).*?\}\}/g) ?? [])).toEqual([]);
  });
});

test('every suite of `npm run test:all` is one that a change has to pass', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const all = [...scripts['test:all'].matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, name]) => name);
  expect(named('ci').workflow.jobs.test?.strategy?.matrix.suite?.toSorted()).toEqual(all.toSorted());
});

describe('a deployment', () => {
  const { jobs } = named('deploy').workflow;

  test('comes to production by way of staging, each with rules of its own', () => {
    expect(jobs.staging?.environment?.name).toBe('staging');
    expect(jobs.production?.environment?.name).toBe('production');
    expect(jobs.production?.needs).toContain('staging');
  });

  test('is of a digest that was verified, and is tried by the smoke test', () => {
    for (const name of ['staging', 'production']) {
      const job = jobs[name];
      expect(job?.needs).toContain('verify');
      const runs = job ? runsOf(job) : [];
      const rolledOut = runs.findIndex((run) => run.startsWith('deploy/roll-out.sh "$IMAGE"'));
      const tried = runs.findIndex((run) => run.startsWith('npm run smoke'));
      expect(rolledOut).toBeGreaterThanOrEqual(0);
      expect(tried).toBeGreaterThan(rolledOut);
    }
  });
});

test('of a release only who runs nothing of the repository may write, or prove who it is', () => {
  for (const { permissions = {}, steps } of Object.values(named('release').workflow.jobs)) {
    const mayWrite = Object.values(permissions).includes('write');
    expect(mayWrite && steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))).toBe(false);
  }
});

test.each(['.ci/run', '.ci/tools', 'deploy/roll-out.sh'])('%s can be run', (path) => {
  accessSync(`${ROOT}${path}`, constants.X_OK);
});

describe('the checks can fail', () => {
  const good = 'name: a\non: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: npm ci\n';

  const CALLING =
    'name: a\non: push\njobs:\n  a:\n    uses: ./.github/workflows/deploy.yml\n    with:\n      digst: a\n';
  const expression = (text: string) => `echo $\{{ ${text} }}`;

  test('and accept what is good', async () => {
    expect(await workflowFaults('.github/workflows/a.yml', good)).toEqual([]);
    const run = 'cd deploy\nFOO=1 npm run chaos -- --minutes 1 && npm ci | echo "; nonsense"';
    expect(commandFaults(run)).toEqual([]);
  });

  test.each([
    ['a misspelt key', good.replace('runs-on', 'run-on'), /run-on/],
    ['a trigger that there is not', good.replace('on: push', 'on: pushed'), /pushed/],
    ['a context that there is not', good.replace('npm ci', expression('gibhut.sha')), /gibhut/],
    ['an output that no job has', good.replace('npm ci', expression('needs.b.outputs.c')), /needs|Context/],
    ['a job that there is not', good.replace('    steps', '    needs: b\n    steps'), /'b' is not valid/],
    ['an input that the workflow it calls has not', CALLING, /digst/],
  ])('refuse %s', async (_, text, fault) => {
    expect((await workflowFaults('.github/workflows/a.yml', text)).join('\n')).toMatch(fault);
  });

  test.each([
    ['npm run chaoss', 'there is no script chaoss'],
    ['npm ci && npm instal', 'npm knows no instal'],
    ['.ci/tool "$FOLDER"', 'there is no file .ci/tool'],
    ['node test/load/smoke.js', 'there is no file test/load/smoke.js'],
    ['kubectl get pods | grep-it', 'nobody knows grep-it'],
  ])('refuse `%s`', (run, fault) => {
    expect(commandFaults(run)).toEqual([fault]);
  });
});
