import type { OpsState } from './answers.ts';
import { bodyOf, byId, element, rowsOf, table } from './dom.ts';
import { bytesText, timeText } from './words.ts';

const HEADS = ['Pid', 'State', 'Age#', 'Runs#', 'Memory#', 'Job', 'Step', 'For#'];

type Worker = NonNullable<OpsState['workers']>['processes'][number];

/** Each worker process, with what it is at. */
export class OpsWorkers {
  readonly #table = table('Table of workers', HEADS, []);

  constructor() {
    byId('workers', HTMLElement).append(this.#table);
  }

  show({ workers }: OpsState): void {
    const rows = workers?.processes.map(cellsOf) ?? [['None', ...HEADS.slice(1).map(() => '')]];
    bodyOf(this.#table).replaceChildren(...rowsOf(HEADS, rows));
  }
}

const cellsOf = ({ pid, state, ageSeconds, runs, rssBytes, run }: Worker): (Node | string)[] => [
  String(pid),
  stateWord(state),
  timeText(ageSeconds * 1000),
  String(runs),
  rssBytes === 0 ? '' : bytesText(rssBytes),
  run ? element('code', {}, run.jobId.slice(0, 8)) : '',
  run?.step ?? '',
  run ? timeText(run.ms) : '',
];

/** A state with its mark. */
export const stateWord = (state: string): HTMLElement =>
  element('span', { class: 'state-word', 'data-state': state }, state);
