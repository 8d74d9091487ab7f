import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What we look at of a package; its key is the folder that it is installed in. */
const LockedPackage = z.looseObject({
  version: z.string(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  dev: z.boolean().default(false),
  optional: z.boolean().default(false),
  inBundle: z.boolean().default(false),
  link: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
});

const LockFile = z.looseObject({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), z.looseObject({})),
});

const Names = z.record(z.string(), z.string()).default({});
const PackageFile = z.looseObject({
  name: z.string(),
  dependencies: Names,
  devDependencies: Names,
  optionalDependencies: Names,
  allowScripts: z.record(z.string(), z.boolean()),
});

const read = (name: string): unknown => JSON.parse(readFileSync(`${ROOT}${name}`, 'utf8'));

/** Of package-lock.json, as npm writes it. */
export const lockFile = LockFile.parse(read('package-lock.json'));
export const packageFile = PackageFile.parse(read('package.json'));

export interface Locked extends z.infer<typeof LockedPackage> {
  /** Where it is installed; the same package may be in several places. */
  path: string;
  name: string;
}

/** All that npm may install, on whatever machine. */
export const lockedPackages: Locked[] = Object.entries(lockFile.packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({
    ...LockedPackage.parse(entry),
    path,
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
  }));
