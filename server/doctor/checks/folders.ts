import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../shared/config.ts';
import { errorCode } from '../../../shared/errors.ts';
import { nearestThere, OF_THIS_MACHINE } from '../../../shared/storage/disk/file-system.ts';
import { isFolderHeld } from '../../../shared/storage/disk/folder-lock.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { fileSystemFindings } from './file-systems.ts';
import { type Place, placesOf } from './places.ts';
import { timeToKeep } from './probe-folder.ts';
import { roomFindings } from './room.ts';

/** An upload is kept by a few of these, so a disk that takes longer is what its client waits for, in milliseconds. */
const SLOW_MS = 100;

/** Of folders: there or to be made, writable, quick enough, on a disk that keeps what it says, with room, ours alone. */
export async function folderFindings(config: Config, systems = OF_THIS_MACHINE): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const place of placesOf(config)) {
    findings.push(...(await examine(place)), ...(await fileSystemFindings(place, systems)));
    findings.push(...(await roomFindings(place, config.maxUploadBytes)));
  }
  if (config.storage.kind === 'disk') findings.push(...(await renameFindings(config.storage.path)));
  return findings;
}

async function examine({ names, path }: Place): Promise<Finding[]> {
  const check = names.join(', ');
  const there = await nearestThere(path).catch(() => path);
  const about = there === path ? path : `${path}, which the first start makes,`;
  try {
    const { uid } = await stat(there);
    const ms = await timeToKeep(there);
    const findings = [
      ms > SLOW_MS
        ? warn(
            check,
            `${about} takes ${ms.toFixed(0)} ms to keep 4 KiB: every upload waits for it`,
            `Use a disk that keeps a file in less than ${SLOW_MS} ms: an SSD of this machine, or a faster class of volume.`,
          )
        : ok(check, `${about} can be written, and keeps 4 KiB in ${ms.toFixed(1)} ms`),
    ];
    if (there === path && isFolderHeld(path)) findings.push(ok(check, `a service works in ${path}`));
    if (there === path && process.getuid?.() !== uid)
      findings.push(
        warn(
          check,
          `${path} is of user ${uid}, and this is user ${process.getuid?.()}`,
          'Run the doctor as the user that the service is, or chown the folder to it.',
        ),
      );
    return findings;
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    return [fail(check, `${path} cannot be written: ${code}`, mendOf(code, there, check))];
  }
}

function mendOf(code: string, folder: string, variables: string): string {
  switch (code) {
    case 'EROFS':
      return `Mount ${folder} for writing, or have ${variables} name a folder on another volume.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `Make room on the volume of ${folder}, or enlarge it.`;
    case 'ENOTDIR':
      return `${folder} is no folder: have ${variables} name one.`;
    default:
      return `Let user ${process.getuid?.()} write to ${folder} (chown, or fsGroup of the pod), or have ${variables} name another folder.`;
  }
}

/** An original comes from the spool to its place by a rename, which no volume lets through to another one. */
async function renameFindings(storage: string): Promise<Finding[]> {
  const check = 'STORAGE_URL';
  const [spool, originals] = await Promise.all(
    ['spool', 'originals'].map((name) => stat(join(storage, name)).catch(() => null)),
  );
  if (!spool || !originals || spool.dev === originals.dev) return [];
  return [
    fail(
      check,
      `${storage}/spool and ${storage}/originals are different volumes`,
      `Mount one volume at ${storage}, and none below it.`,
    ),
  ];
}
