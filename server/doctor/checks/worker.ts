import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Config } from '../../../shared/config.ts';
import { OUTPUT_FORMATS } from '../../../shared/domain/image.ts';
import type { Isolation } from '../../../shared/domain/isolation.ts';
import { nearestThere } from '../../../shared/storage/disk/file-system.ts';
import { type Trial, tryWorker } from '../../composition/try-worker.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { lastWords } from '../last-words.ts';
import { SAMPLES } from '../samples.ts';

const DECODER_MEND =
  'Install the dependencies on this very machine or image (`npm ci`): sharp’s libvips is of one system, processor and C library.';
const STRICT_MEND =
  'Install bubblewrap 0.8 and util-linux and let the service’s user make namespaces: the runbook, "The sandbox"; or set WORKER_SANDBOX=default.';
const TOOLS_MEND = 'Install util-linux (`apt-get install util-linux`), which brings setpriv and prlimit.';
const ROOT_MEND =
  'Start the service as a user that is not root, or let other users read the code and pass to SCRATCH_PATH.';

/** A worker is started as the service starts it, and makes a picture of each format. */
export async function workerFindings(config: Config, platform = process.platform): Promise<Finding[]> {
  if (config.role === 'api') return [ok('decoder', 'none: this node is an api')];
  const words = lastWords();
  let trial: Trial;
  try {
    trial = await tryWorker(config, await writableParent(config.scratchPath), SAMPLES, words.log);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'SandboxUnavailable') throw error;
    return [fail('isolation', error.message, STRICT_MEND)];
  }
  return [decoderFinding(trial, words.said()), ...isolationFindings(trial, platform)];
}

/** Beside the scratch of the service, so that it is passed and mounted as that is; where nobody can write there, elsewhere. */
async function writableParent(scratch: string): Promise<string> {
  const there = await nearestThere(scratch).catch(() => tmpdir());
  return access(there, constants.W_OK).then(
    () => there,
    () => tmpdir(),
  );
}

function decoderFinding({ decoder, unread, written }: Trial, said: string): Finding {
  if (decoder === null) return fail('decoder', `a worker ends before it is ready: ${said}`, DECODER_MEND);
  const unwritten = OUTPUT_FORMATS.filter((format) => !written.includes(format));
  const faults = [
    ...unread.map(({ format, why }) => `${format} cannot be read: ${why}`),
    ...(unread.length === 0 ? unwritten.map((format) => `${format} cannot be written`) : []),
  ];
  if (faults.length > 0) return fail('decoder', `${decoder}: ${faults.join('; ')}`, DECODER_MEND);
  const read = Object.keys(SAMPLES).join(', ');
  return ok('decoder', `${decoder}: reads ${read}; writes ${OUTPUT_FORMATS.join(', ')}`);
}

export function isolationFindings(
  { isolation, whyRoot }: { isolation: Isolation; whyRoot: string | null },
  platform: NodeJS.Platform,
): Finding[] {
  const { layers, missing, sandbox } = isolation;
  const findings = [ok('isolation', `${sandbox}; in force: ${layers.join(', ')}${notInForce(missing)}`)];
  if (whyRoot !== null) findings.push(warn('isolation', `workers run as root: ${whyRoot}`, ROOT_MEND));
  const tools = missing.filter(({ why }) => /util-linux/.test(why));
  if (tools.length > 0) {
    const told = `not in force: ${tools.map(({ layer }) => layer).join(', ')}`;
    const mend =
      platform === 'linux'
        ? TOOLS_MEND
        : 'Run it on Linux where strangers upload: this system has none of them.';
    findings.push(warn('isolation', told, mend));
  }
  return findings;
}

function notInForce(missing: Isolation['missing']): string {
  const byWhy = Map.groupBy(missing, ({ why }) => why);
  const told = [...byWhy].map(([why, those]) => `${those.map(({ layer }) => layer).join(', ')} (${why})`);
  return told.length === 0 ? '' : `; not in force: ${told.join('; ')}`;
}
