/** Files that are started by their path, which the compiler leaves as it is: `new URL('./thread.ts', import.meta.url)`. */
const STARTED = /(new URL\(\s*'[^']+)\.ts(',\s*import\.meta\.url\s*\))/g;

/** What declarations import, where the compiler leaves names of sources, which not every tool takes for those of declarations. */
const DECLARED = /((?:\bfrom |\bimport\(|\bimport )["']\.{1,2}\/[^"']+)\.ts(["'])/g;

/** A file of ours that is named by a text. */
const LEFT = /(['"`])[\w./-]*\w\.ts\1/;

/**
 * A compiled file with the names that files have in a package.
 * @throws {Error} where one is left that we do not know: it would be missed at the first call
 */
export function withCompiledNames(path: string, text: string): string {
  if (path.endsWith('.d.ts')) return text.replace(DECLARED, '$1.js$2');
  const named = text.replace(STARTED, '$1.js$2');
  const left = LEFT.exec(withoutComments(named));
  if (left) throw new Error(`${path} names ${left[0]}, which is not in the package`);
  return named;
}

/** Of lines alone, as the formatter leaves them. */
const withoutComments = (text: string): string => text.replace(/^\s*(\/\/|\/?\*).*$/gm, '');
