import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MOST_LINES, readSources, tooLong } from './file-length.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const lines = (count: number) => 'a line\n'.repeat(count);

test.each(['server/a.ts', 'server/web/a.css', 'server/web/a.html', 'deploy/k8s/a.yaml', 'test/a.sh'])(
  '%s of one line too many is told, with how many it has',
  (path) => {
    const most = lines(MOST_LINES);
    expect(tooLong({ [path]: most })).toEqual([]);
    expect(tooLong({ [path]: `${most}and one without an end` })).toEqual([`${path} has 251 lines`]);
    expect(tooLong({ [path]: lines(MOST_LINES + 1) })).toEqual([`${path} has 251 lines`]);
  },
);

test('what nobody reads as a whole may be longer', () => {
  const long = lines(MOST_LINES + 1);
  expect(
    tooLong({ 'deploy/grafana/a.json': long, 'deploy/RUNBOOK.md': long, 'testdata/a.jpg': long }),
  ).toEqual([]);
});

test('no source file is longer than one idea', async () => {
  const sources = await readSources(ROOT, ['server', 'workers', 'shared', 'test', 'testdata', 'deploy']);
  expect(Object.keys(sources)).toEqual(
    expect.arrayContaining([
      'server/main.ts',
      'server/web/base.css',
      'deploy/alerts.yaml',
      'testdata/make.ts',
    ]),
  );
  expect(tooLong(sources)).toEqual([]);
});
