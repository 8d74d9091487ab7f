import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { EventReader } from '../helpers/event-reader.ts';
import { eventually } from '../helpers/eventually.ts';
import { PROFILE } from '../helpers/profile.ts';
import { rawConnection } from '../helpers/raw-connection.ts';
import { scrape } from '../helpers/scrape.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

const ROWS = 5_000;

/** Beside the service, as nobody uploads so much within a test: many jobs, whose states can all be set again. */
function manyJobs(folder: string) {
  const db = new DatabaseSync(join(folder, 'darkroom.db'));
  db.exec('PRAGMA busy_timeout = 5000');
  const columns = db.prepare("SELECT name FROM pragma_table_info('jobs') WHERE name != 'id'").all();
  const names = columns.map(({ name }) => name).join(', ');
  const id = `lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)
    || '-8' || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))`;
  db.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${ROWS})
    INSERT INTO jobs (id, ${names}) SELECT ${id}, ${names} FROM numbers, (SELECT * FROM jobs LIMIT 1)`);
  return {
    changeAll: () => db.exec('UPDATE jobs SET state = state'),
    [Symbol.dispose]: () => db.close(),
  };
}

const figures = async (service: RunningService) => {
  const samples = await scrape(service);
  const of = (name: string) => samples.get(name)?.value;
  return { open: of('darkroom_event_streams'), cut: of('darkroom_event_streams_cut_total') };
};

it.skipIf(PROFILE === 'cluster')('who does not read is cut, and costs nobody else anything', async () => {
  await using service = await startService({ env: { N_WORKERS: '1' } });
  const first = await upload(service, imagePath('tiny_1x1.png'));
  await endOf(service, first);
  using jobs = manyJobs(service.folder);
  await using reader = await EventReader.open(service, '/events');
  const silent = await rawConnection(service);
  silent.socket.pause();
  silent.socket.write('GET /events HTTP/1.1\r\nhost: darkroom\r\n\r\n');
  await eventually('two streams', async () => (await figures(service)).open === 2);

  let told = 0;
  /** The service looks what has changed whenever somebody asks for a change, though it is refused. */
  const flood = async () => {
    jobs.changeAll();
    told += ROWS;
    await service.fetch(`${first.links.job}/retry`, { method: 'POST' });
    await eventually('all events', () => reader.events.length >= told);
  };
  await eventually('the cut', async () => {
    await flood();
    return (await figures(service)).cut === 1;
  });
  expect((await figures(service)).open).toBe(1);
  const { id } = await upload(service, imagePath('tiny_1x1.png'));
  await reader.told(id, 'succeeded');

  // One that reads nothing is no reason for a drain to wait.
  const other = await rawConnection(service);
  other.socket.pause();
  other.socket.write('GET /events HTTP/1.1\r\nhost: darkroom\r\n\r\n');
  await eventually('two streams', async () => (await figures(service)).open === 2);
  for (let count = 0; count < 2; count++) {
    await flood();
  }
  service.process.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
  for (const { socket } of [silent, other]) socket.destroy();
});
