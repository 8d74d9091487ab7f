/** How far workers are kept apart from all else: the setting WORKER_SANDBOX. */
export const SANDBOXES = ['default', 'strict'] as const;
export type Sandbox = (typeof SANDBOXES)[number];

/** Of the code itself: they hold on every machine. */
export const STANDING_LAYERS = [
  /** What a worker says is checked: it speaks of the run that it has, or is killed. */
  'checked messages',
  /** libvips opens the accepted formats, and nothing else. */
  'accepted formats',
  /** Nothing of the service's environment. */
  'bare environment',
  /** The parent alone publishes: what it has taken out of the worker's reach, and judged while it was copied. */
  'verified outputs',
] as const;

/** The namespaces of a sandbox: a worker in it sees other files, processes and networks than the service does. */
export const NAMESPACE_LAYERS = [
  'user namespace',
  'mount namespace',
  'pid namespace',
  'network namespace',
  'ipc namespace',
  'uts namespace',
] as const;

/** What stands between a worker whose decoder was taken over and all else. */
export type Layer =
  | (typeof STANDING_LAYERS)[number]
  | 'parent-death signal'
  | 'no_new_privs'
  | 'user of its own'
  | 'memory limit'
  | 'file size limit'
  | (typeof NAMESPACE_LAYERS)[number];

/** Which layers are in force, and which are not. Whoever asks may be told: there is no path in it. */
export interface Isolation {
  sandbox: Sandbox;
  layers: readonly Layer[];
  missing: readonly { layer: Layer; why: string }[];
}
