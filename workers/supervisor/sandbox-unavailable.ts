/** Workers are to be in a sandbox, and cannot be: nothing is started without one. */
export class SandboxUnavailable extends Error {
  override readonly name = 'SandboxUnavailable';

  /** @param why what failed when it was tried */
  constructor(why: string) {
    super(
      `WORKER_SANDBOX=strict cannot be in force here: ${why}. ` +
        'It needs bubblewrap 0.8 or newer, setpriv and prlimit of util-linux, and a kernel that lets the user of the service ' +
        'make namespaces: deploy/RUNBOOK.md, "The sandbox". Or set WORKER_SANDBOX=default.',
    );
  }
}
