import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { ownFolder } from './own-folder.ts';
import type { Scrape } from './scrape.ts';

export const RULES = fileURLToPath(new URL('../../deploy/alerts.yaml', import.meta.url));

/** The tool of Prometheus is a package of Debian; on a developer's machine its tests are skipped where it is missing. */
export const SKIPS_PROMTOOL = process.env.CI !== 'true' && spawnSync('promtool', ['--version']).status !== 0;

/** A minute's samples of a series; what is missing is null. */
export type Series = Record<string, (number | null)[]>;

/** How long it went as before, and how long as after: in minutes. The longest that a rule waits is ten. */
const BEFORE = 10;
const AFTER = 16;

const run = promisify(execFile);

/** Which rules fire at the end of the series, which have a sample a minute. */
export async function firing(series: Series): Promise<string[]> {
  const minutes = Math.max(...Object.values(series).map((samples) => samples.length)) - 1;
  const path = join(await ownFolder(), 'rules.test.yaml');
  const test = {
    rule_files: [RULES],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, samples]) => ({
          series: name,
          values: samples.map((sample) => sample ?? '_').join(' '),
        })),
        promql_expr_test: [
          // That nothing fires is what it is to find wrong: then it says what does.
          {
            expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: `${minutes}m`,
            exp_samples: [],
          },
        ],
      },
    ],
  };
  await writeFile(path, stringify(test));
  const said = await run('promtool', ['test', 'rules', path]).then(
    () => '',
    (failure: { stdout: string; stderr: string }) => failure.stdout + failure.stderr,
  );
  if (said !== '' && !said.includes('got:')) throw new Error(said);
  return [...said.matchAll(/alertname="(\w+)"/g)].map(([, name = '']) => name).sort();
}

/** As if a service had been as it first was for a while, and whatever happened to it since went on and on. */
export function goneOn(first: Scrape, then: Scrape): Series {
  const series: Series = {};
  for (const [name, { value, type }] of then) {
    const begin = first.get(name)?.value ?? null;
    const step = type === 'gauge' ? 0 : value - (begin ?? 0);
    series[ofAJob(name)] = [
      ...Array.from({ length: BEFORE }, () => begin),
      ...Array.from({ length: AFTER }, (_, minute) => value + minute * step),
    ];
  }
  return { ...series, 'up{job="darkroom",instance="a"}': Array.from({ length: BEFORE + AFTER }, () => 1) };
}

/** With the labels that Prometheus gives whatever it reads. */
function ofAJob(name: string): string {
  const own = 'job="darkroom",instance="a"';
  return name.includes('{') ? name.replace('{', `{${own},`) : `${name}{${own}}`;
}
