import type { QuarantinePage } from './answers.ts';
import { ask } from './ask.ts';
import { isConfirmed } from './confirm.ts';
import { byId, element, table } from './dom.ts';
import { LiveRows } from './live-rows.ts';

const HEADS = ['SHA-256', 'Died of', 'Decoder', 'Since', 'Release'];

type Quarantined = QuarantinePage['quarantined'][number];

/** What of the tenant of this key is refused since it has killed its decoder twice. */
export class OpsQuarantine {
  readonly #table = table('Table of quarantine', HEADS, []);
  readonly #heading = byId('quarantine-title', HTMLElement);
  readonly #rows = new LiveRows(this.#table, HEADS, this.#heading);
  readonly #note = byId('quarantine-note', HTMLElement);
  readonly #older = byId('quarantine-older', HTMLButtonElement);
  #cursor: string | null = null;
  #next: string | null = null;

  constructor() {
    byId('quarantine', HTMLElement).append(this.#table);
    this.#older.addEventListener('click', () => {
      // After the last page comes the first one again.
      this.#cursor = this.#next;
      void this.#show().catch((error: Error) => this.#say(error.message));
    });
  }

  refresh(): Promise<void> {
    return this.#show();
  }

  async #show(): Promise<void> {
    const query = new URLSearchParams({
      limit: '20',
      ...(this.#cursor !== null && { cursor: this.#cursor }),
    });
    const { quarantined, next } = await ask<QuarantinePage>(`/quarantine?${query}`);
    this.#next = next;
    const focused = document.activeElement;
    this.#older.hidden = next === null && this.#cursor === null;
    this.#older.textContent = next === null ? 'Newest' : 'Older';
    this.#rows.show(
      quarantined.map((it) => ({ key: it.sha256, says: JSON.stringify(it), cells: () => this.#cellsOf(it) })),
    );
    this.#table.hidden = quarantined.length === 0;
    // What is hidden loses the focus.
    if ([this.#table, this.#older].some((it) => it.hidden && it === focused)) this.#heading.focus();
    if (quarantined.length === 0) this.#say('Nothing is refused.');
    else if (this.#note.textContent === 'Nothing is refused.') this.#say('');
  }

  #cellsOf(it: Quarantined): (Node | string)[] {
    const name = it.sha256.slice(0, 12);
    const release = element(
      'button',
      { class: 'quiet', type: 'button', 'aria-label': `Release ${name}` },
      'Release',
    );
    release.addEventListener('click', () => void this.#release(it));
    return [
      element('code', { title: it.sha256 }, name),
      it.signal ?? (it.exitCode === null ? '' : `exit code ${it.exitCode}`),
      it.decoder,
      element('time', { datetime: it.quarantinedAt }, new Date(it.quarantinedAt).toLocaleString()),
      release,
    ];
  }

  async #release({ sha256, links }: Quarantined): Promise<void> {
    const name = sha256.slice(0, 12);
    if (!(await isConfirmed(`Let ${name} in again?`))) return;
    try {
      await ask(links.self, { method: 'DELETE' });
      this.#cursor = null;
      await this.#show();
      this.#say(`${name} is let in again.`);
    } catch (error) {
      this.#say((error as Error).message);
    }
  }

  #say(text: string): void {
    this.#note.textContent = text;
  }
}
