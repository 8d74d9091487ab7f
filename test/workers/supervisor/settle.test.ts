import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { killGroup, settled } from '../../../workers/supervisor/settle.ts';

const start = (script: string) =>
  spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });

test('a child that exits has ended with its code', async () => {
  expect(await settled(start('exit 3'))).toEqual({ exitCode: 3, signal: null });
});

test('a child that dies of a signal has ended with it', async () => {
  expect(await settled(start('kill -SEGV $$'))).toEqual({ exitCode: null, signal: 'SIGSEGV' });
});

test('a child has not ended before all that it said is read', async () => {
  const child = start('head -c 3000000 /dev/zero; exit 4');
  let read = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    read += bytes.length;
  });
  expect(await settled(child)).toEqual({ exitCode: 4, signal: null });
  expect(read).toBe(3_000_000);
});

test('a message that was sent just before the exit is there when the child has ended', async () => {
  const script = "require('node:fs').writeSync(3, 'last word'); process.exit(5)";
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
  const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: [...stdio] });
  const heard: unknown[] = [];
  child.stdio[3]?.on('data', (bytes) => heard.push(String(bytes)));
  expect(await settled(child)).toEqual({ exitCode: 5, signal: null });
  expect(heard).toEqual(['last word']);
});

test('a grandchild that holds standard output delays the end by half a second, and is killed', async () => {
  // Of the real clock a timer may be early: it counts from when its turn of the event loop began.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const child = start('sleep 600 & exit 6');
  child.stdout.resume();
  const end = settled(child);
  let hasEnded = false;
  end.then(() => {
    hasEnded = true;
  });
  // The pipe closes when the last who holds it has ended: the grandchild.
  const closed = once(child, 'close');
  await once(child, 'exit');
  await vi.advanceTimersByTimeAsync(499);
  expect(hasEnded).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await end).toEqual({ exitCode: 6, signal: null });
  await closed;
});

test('a child that could not be started has ended without a code', async () => {
  expect(await settled(spawn('/nowhere/program'))).toEqual({ exitCode: null, signal: null });
});

test('killing a group that is gone, or never was, is no error', async () => {
  const child = start('exit 0');
  await settled(child);
  killGroup(child.pid);
  killGroup(undefined);
});
