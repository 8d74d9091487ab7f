const UNRELEASED = '## Unreleased\n';
const NOTHING = '\nNothing yet.\n';

/** Whose heading is `## 1.2.3` or `## 1.2.3, 31 January 2027`. */
const HEADING = /^## (\d+\.\d+\.\d+)(?:,.*)?$/gm;

/** The versions that a changelog has, from the newest. */
export const versionsIn = (changelog: string): string[] =>
  [...changelog.matchAll(HEADING)].map(([, version = '']) => version);

/**
 * What changed in a version, without its heading: the text of its release.
 * @throws {Error} where there is no such version
 */
export function partOf(changelog: string, version: string): string {
  const start = [...changelog.matchAll(HEADING)].find(([, found]) => found === version);
  if (!start) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  const from = start.index + start[0].length;
  const end = changelog.indexOf('\n## ', from);
  return changelog.slice(from, end < 0 ? undefined : end).trim();
}

/**
 * The changelog once this version is released: what was unreleased is its own. One that has been cut already, and had nothing come
 * to it since, stays as it is.
 * @param day such as `31 January 2027`
 * @throws {Error} where there is nothing to release
 */
export function released(changelog: string, version: string, day: string): string {
  const at = changelog.indexOf(UNRELEASED);
  if (at < 0) throw new Error('CHANGELOG.md has no section "## Unreleased"');
  const from = at + UNRELEASED.length;
  const next = changelog.indexOf('\n## ', from);
  const text = changelog.slice(from, next < 0 ? undefined : next + 1);
  const isEmpty = text.trim() === '' || text.trim() === NOTHING.trim();
  const isCut = versionsIn(changelog).includes(version);
  if (isEmpty && isCut) return changelog;
  if (isEmpty) throw new Error('CHANGELOG.md has nothing under "## Unreleased": there is nothing to release');
  if (isCut) throw new Error(`CHANGELOG.md has ${version} already, and more under "## Unreleased"`);
  const rest = changelog.slice(from + text.length);
  return `${changelog.slice(0, from)}${NOTHING}\n## ${version}, ${day}\n${text}${rest}`;
}
