/**
 * How much memory the server process takes for many large uploads at once: peak RSS above idle, for small and for large
 * bodies. `node test/bench/intake-memory.ts [node|bun]`; needs Linux's /proc.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { imagePath } from '../../testdata/expected.ts';
import { startService } from '../helpers/service.ts';

const MIB = 1024 * 1024;
const AT_ONCE = 64;
const ROUNDS = 3;
const SIZES_MIB = [2, 20];

const runtime = process.argv[2] === 'bun' ? 'bun' : 'node';

async function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}

function send(url: string, body: Buffer): Promise<number> {
  const boundary = 'darkroom';
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return new Promise((resolve, reject) => {
    const upload = request(`${url}/upload`, {
      method: 'POST',
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': head.length + body.length + tail.length,
      },
    });
    upload.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)));
    upload.on('error', reject);
    upload.write(head);
    upload.write(body);
    upload.end(tail);
  });
}

const photo = await readFile(imagePath('testimage_small.jpg'));
for (const size of SIZES_MIB) {
  await using service = await startService({
    runtime,
    env: { MAX_UPLOAD_BYTES: String(32 * MIB), LOG_LEVEL: 'info' },
  });
  // A picture may be followed by anything; the padding makes it as large as is wanted.
  const body = Buffer.concat([photo], size * MIB);
  await send(service.url, photo);
  const idle = await memoryOf(service.pid, 'VmRSS');
  // "5" resets the peak: proc(5), clear_refs.
  await writeFile(`/proc/${service.pid}/clear_refs`, '5');
  const answers: Record<number, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const statuses = await Promise.all(Array.from({ length: AT_ONCE }, () => send(service.url, body)));
    for (const status of statuses) answers[status] = (answers[status] ?? 0) + 1;
  }
  const peak = await memoryOf(service.pid, 'VmHWM');
  process.stdout.write(
    `${runtime}: ${ROUNDS} x ${AT_ONCE} uploads of ${size} MiB at once: idle ${idle.toFixed(0)} MiB, ` +
      `peak ${peak.toFixed(0)} MiB, +${(peak - idle).toFixed(0)} MiB; answers ${JSON.stringify(answers)}\n`,
  );
}
