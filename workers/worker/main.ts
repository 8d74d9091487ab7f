import { constants, setPriority } from 'node:os';
import { HEARTBEAT_INTERVAL_MS, type RunMessage } from '../../shared/protocol.ts';
import { listen, send } from './channel.ts';
import { DECODER, prepareDecoder } from './decoder.ts';
import { log } from './log.ts';
import { perform, processFigures } from './run.ts';

let running: Promise<void> | null = null;

// A terminal's Ctrl-C goes to the whole group: when to end is the supervisor's to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// At a limit of file sizes a write is to fail, as on a full disk; to die of it would be the picture's fault.
process.on('SIGXFSZ', () => {});

listen(
  (message) => {
    if (message.type === 'stop') void (running ?? Promise.resolve()).then(() => process.exit(0));
    else running = run(message);
  },
  // Nobody will read a result. process.exit() would wait for a decode that runs.
  () => process.kill(process.pid, 'SIGKILL'),
);

async function run(message: RunMessage): Promise<void> {
  const { runId, jobId, imageId, requestId } = message;
  const about = { requestId, imageId, jobId, runId };
  send({ type: 'started', runId });
  log('info', 'run started', about);
  const begin = performance.now();
  const result = await perform(message, (step) => send({ type: 'step', runId, step }));
  log('info', 'run ended', { ...about, outcome: result.outcome, ms: Math.round(performance.now() - begin) });
  send(result);
}

// Behind the server, so that it answers quickly when every core decodes.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
prepareDecoder();
setInterval(() => send({ type: 'heartbeat', ...processFigures() }), HEARTBEAT_INTERVAL_MS);
send({ type: 'ready', decoder: DECODER });
