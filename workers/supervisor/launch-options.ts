import type { Sandbox } from '../../shared/domain/isolation.ts';

/** What the configuration says of how workers are started. */
export interface LaunchOptions {
  workerSandbox: Sandbox;
  /**
   * The most memory that a worker may have for data; then its decoder is told that there is no more, instead of the kernel
   * ending the container. No file that it writes is larger, either.
   */
  workerMaxDataBytes: number;
  /** Paths of the service that no worker in a sandbox may see. */
  hidden: readonly string[];
}
