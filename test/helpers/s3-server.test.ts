import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { ownFolder } from './own-folder.ts';
import { placeForS3 } from './place-for-s3.ts';
import { freeze, gone, isAlive } from './processes.ts';
import { S3Server } from './s3-server.ts';
import { describeWithS3 } from './with-s3.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOLDER = join(ROOT, 'test/fixtures/s3-server-holder.ts');

describeWithS3('the S3 server of the tests', (server) => {
  async function put(text: string): Promise<() => Promise<string | undefined>> {
    const { client } = server();
    const object = { Bucket: await server().newBucket(), Key: 'folder/text' };
    await client.send(new PutObjectCommand({ ...object, Body: text }));
    return async () => (await client.send(new GetObjectCommand(object))).Body?.transformToString();
  }

  test('keeps what was put there, over a crash of its own, at the same address', async () => {
    const { endpoint } = server();
    const get = await put('kept');
    await server().stop();
    await expect(get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server().restart();
    expect(server().endpoint).toBe(endpoint);
    expect(await get()).toBe('kept');
  });

  test('takes connections and says nothing while it is frozen, and answers when it is thawed', async () => {
    const get = await put('thawed');
    await server().freeze();
    const socket = connect(Number(new URL(server().endpoint).port));
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const got = get();
    expect(await Promise.race([got, sleep(300, 'nothing')])).toBe('nothing');
    server().thaw();
    expect(await got).toBe('thawed');
  });

  test('lets nobody in who has not its secret', async () => {
    const { endpoint } = server();
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'darkroom:tests', secretAccessKey: 'another secret' },
    });
    onTestFinished(() => client.destroy());
    const object = { Bucket: await server().newBucket(), Key: 'text', Body: 'text' };
    await expect(client.send(new PutObjectCommand(object))).rejects.toThrow('signature');
  });

  test('leaves no process and no folder', async () => {
    const other = await S3Server.start();
    const { pid, folder } = other;
    expect([await isAlive(pid), existsSync(folder)]).toEqual([true, true]);
    await other[Symbol.asyncDispose]();
    expect([await isAlive(pid), existsSync(folder)]).toEqual([false, false]);
  });

  test('ends with whoever started it, and were it frozen', async () => {
    const holder = spawn(process.execPath, [HOLDER], {
      env: { ...process.env, TMPDIR: await ownFolder() },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = await once(createInterface(holder.stdout), 'line');
    await freeze(Number(pid));
    holder.kill('SIGKILL');
    await gone([Number(pid)]);
  });

  test('is said not to be there where no folder can hold its files', () => {
    expect(placeForS3(['/proc', '/missing'])).toEqual({
      why: expect.stringContaining('no folder takes user extended attributes: /proc, /missing'),
    });
  });
});
