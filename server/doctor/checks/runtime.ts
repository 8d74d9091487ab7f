import { type Finding, fail, ok, warn } from '../finding.ts';

/** The major versions that all tests pass on, and the first of Node that runs TypeScript as it is. */
const NODE = 24;
const OLDEST_NODE = '22.18.0';
const BUN = 1;

/** Of Linux alone: what else stands between a worker and the rest the check `isolation` tells. */
const NOT_ON_OTHERS =
  'what needs /proc, setpriv, prlimit or bubblewrap is not there: no memory limit and no sandbox of workers, and network file systems are not told from disks';

/** @param versions as of `process.versions` */
export function runtimeFindings(
  versions: Partial<Record<string, string>>,
  platform: NodeJS.Platform,
  arch: string,
): Finding[] {
  const machine = `${platform} ${arch}`;
  const on =
    platform === 'linux'
      ? ok('machine', machine)
      : warn(
          'machine',
          `${machine}: ${NOT_ON_OTHERS}`,
          'Fine for development; run it on Linux where strangers upload.',
        );
  return [on, versions.bun ? ofBun(versions.bun) : ofNode(versions.node ?? '')];
}

function ofBun(version: string): Finding {
  return major(version) === BUN
    ? ok('runtime', `Bun ${version}`)
    : warn('runtime', `Bun ${version}, which no test has run on`, `Use Bun ${BUN}, as package.json pins it.`);
}

function ofNode(version: string): Finding {
  const mend = `Use the Node ${NODE} that npm ci puts into node_modules/.bin: npm start and npx darkroom do.`;
  if (version.localeCompare(OLDEST_NODE, undefined, { numeric: true }) < 0)
    return fail('runtime', `Node ${version}, which is too old to run TypeScript`, mend);
  return major(version) === NODE
    ? ok('runtime', `Node ${version}`)
    : warn('runtime', `Node ${version}, which no test has run on`, mend);
}

const major = (version: string): number => Number.parseInt(version, 10);
