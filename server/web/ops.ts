import { whyKey } from './access.ts';
import type { OpsState } from './answers.ts';
import { ask, Refusal } from './ask.ts';
import { OpsJobs } from './ops-jobs.ts';
import { OpsOverview } from './ops-overview.ts';
import { OpsQuarantine } from './ops-quarantine.ts';
import { OpsWorkers } from './ops-workers.ts';
import { settingsForm } from './settings.ts';

const STATE_EVERY_MS = 2_000;
/** In turns of the state: the store is asked for these. */
const LISTS_EVERY = 3;

const overview = new OpsOverview();
const workers = new OpsWorkers();
const jobs = new OpsJobs();
const quarantine = new OpsQuarantine();
const asksForKey = settingsForm(() => begin());

/** Of the loop that goes on; an earlier one ends. */
let latest = 0;

function begin(): void {
  latest++;
  void keepShowing(latest);
}

async function keepShowing(mine: number): Promise<void> {
  for (let turn = 0; mine === latest; turn++) {
    try {
      await show(turn);
    } catch (error) {
      if (error instanceof Refusal && (error.status === 401 || error.status === 403)) {
        overview.lost('The state is for keys with the scope "admin".');
        return asksForKey(whyKey(error.status, error.message));
      }
      const isRefused = error instanceof Refusal;
      overview.lost(isRefused ? error.message : 'The service is out of reach; it is asked again.');
    }
    await new Promise((resolve) => setTimeout(resolve, STATE_EVERY_MS));
  }
}

async function show(turn: number): Promise<void> {
  const state = await ask<OpsState>('/ops/state', {}, 1);
  overview.show(state);
  workers.show(state);
  if (turn % LISTS_EVERY === 0) await Promise.all([jobs.refresh(), quarantine.refresh()]);
}

// Nobody looks: nothing is asked for.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) latest++;
  else begin();
});
begin();
