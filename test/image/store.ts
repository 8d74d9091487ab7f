import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What builds and starts images without an engine or a registry, with the Debian package of each. */
const TOOLS = { buildah: 'buildah', mmdebstrap: 'mmdebstrap', bwrap: 'bubblewrap' };

/** Null where images can be built and started here. */
export function whyNoImages(): string | null {
  if (process.platform !== 'linux') return 'images are built on Linux alone';
  if (process.getuid?.() !== 0) return 'images are built by root alone';
  const missing = Object.entries(TOOLS).filter(([tool]) => spawnSync(tool, ['--version']).error);
  return missing.length === 0 ? null : `apt-get install ${missing.map(([, name]) => name).join(' ')}`;
}

/** A folder of its own that buildah keeps all in, removed in the end with what is mounted below it. */
export class Store implements Disposable {
  readonly folder: string;
  readonly #driver: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'darkroom-images-'));
    // Copies of everything take twice the time, but can be made everywhere.
    this.#driver = this.#canMount('overlay') ? 'overlay' : 'vfs';
  }

  /** What it answers, without the last line break; its own progress goes to standard error. */
  buildah(...args: string[]): string {
    return execFileSync('buildah', [...this.#options(this.#driver), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 28,
    }).trimEnd();
  }

  /** The root of a new container of an image, for as long as it is looked at. */
  within<T>(image: string, look: (root: string, container: string) => T): T {
    const container = this.buildah('from', image);
    try {
      return look(this.buildah('mount', container), container);
    } finally {
      this.buildah('rm', container);
    }
  }

  [Symbol.dispose](): void {
    spawnSync('buildah', [...this.#options(this.#driver), 'rm', '--all']);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #canMount(driver: string): boolean {
    const run = (...args: string[]) =>
      spawnSync('buildah', [...this.#options(driver), ...args], { encoding: 'utf8' });
    const { status, stdout } = run('from', 'scratch');
    if (status !== 0) return false;
    const mounted = run('mount', stdout.trim());
    run('rm', stdout.trim());
    return mounted.status === 0;
  }

  #options(driver: string): string[] {
    const place = this.#place(driver);
    mkdirSync(place, { recursive: true });
    return ['--root', place, '--runroot', join(this.folder, 'run'), '--storage-driver', driver];
  }

  #place(driver: string): string {
    return join(this.folder, driver);
  }
}
