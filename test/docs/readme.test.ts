import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../server/problem.ts';
import { Environment } from '../../shared/environment.ts';

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  test('has the configuration as the schema has it, in its order', () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$/gm)].map(
      ([, name, byDefault, about]) => ({
        name,
        byDefault: byDefault?.replaceAll('`', ''),
        about,
      }),
    );
    const schema = Object.entries(Environment.shape).map(([name, variable]) => {
      const { def } = variable._zod;
      const byDefault = def.type === 'prefault' ? String(def.defaultValue) : '';
      return { name, byDefault, about: variable.description };
    });
    expect(rows).toEqual(schema);
  });

  test('names every code that a refusal can have', () => {
    for (const code of Object.keys(PROBLEMS)) expect(readme).toContain(`\`${code}\``);
  });

  test('names only npm scripts that there are', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    const named = [
      ...readme.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z-]+|simulate|bench|audit|licences)\b/g),
    ].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(4);
    for (const name of named) expect(scripts).toHaveProperty([String(name)]);
  });
});
