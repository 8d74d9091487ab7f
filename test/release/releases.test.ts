import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf, livedOn, releases, VERSION } from '../../testdata/releases/release.ts';
import { partOf, released, versionsIn } from './changelog.ts';
import { ROOT } from './package-folder.ts';

const CHANGELOG = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');

describe('every version of CHANGELOG.md', () => {
  const versions = versionsIn(CHANGELOG);

  test('has left what later ones are tried on', () => {
    const how = 'With that version checked out: `npm run release:data`, and commit the folder.';
    for (const version of versions)
      for (const left of ['data/darkroom.db', 'one-machine.json', 'database.sql', 'many-machines.json'])
        expect(
          existsSync(join(folderOf(version), left)),
          `${folderOf(version)}${left} is missing. ${how}`,
        ).toBe(true);
  });

  test('is one of those, and the newest is that of package.json', () => {
    expect(releases()).toEqual(versions.toReversed());
    expect(versions[0]).toBe(VERSION);
    for (const version of versions) expect(livedOn(version, 'one-machine').version).toBe(version);
  });

  test('says something', () => {
    for (const version of versions) expect(partOf(CHANGELOG, version)).toMatch(/\w/);
  });
});

const EARLIER = '# Changelog\n\n## Unreleased\n\nNothing yet.\n\n## 0.1.0, 1 January 2027\n\n- First.\n';
const CHANGED = EARLIER.replace('Nothing yet.', '- A change.');

describe('a release', () => {
  test('has what was unreleased, and leaves nothing there', () => {
    const text = released(CHANGED, '0.2.0', '2 February 2027');
    expect(text).toBe(
      '# Changelog\n\n## Unreleased\n\nNothing yet.\n\n## 0.2.0, 2 February 2027\n\n- A change.\n\n## 0.1.0, 1 January 2027\n\n- First.\n',
    );
    expect(partOf(text, '0.2.0')).toBe('- A change.');
    expect(partOf(text, '0.1.0')).toBe('- First.');
    expect(versionsIn(text)).toEqual(['0.2.0', '0.1.0']);
  });

  test('of nothing is none, and neither is one of a version that there is', () => {
    expect(() => released(EARLIER, '0.2.0', 'today')).toThrow('nothing to release');
    expect(() => released(CHANGED, '0.1.0', 'today')).toThrow('has 0.1.0 already');
    expect(() => released('# Changelog\n', '0.1.0', 'today')).toThrow('no section "## Unreleased"');
    expect(() => partOf(EARLIER, '9.9.9')).toThrow('no section "## 9.9.9"');
  });

  test('may be cut again while nothing has come to it', () => {
    expect(released(EARLIER, '0.1.0', 'today')).toBe(EARLIER);
  });
});
