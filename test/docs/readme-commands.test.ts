import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ImageAnswer } from '../../server/contract/answers.ts';
import { imagePath } from '../../testdata/expected.ts';
import { commandsOfReadme, runCommands } from '../helpers/readme-shell.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { Accepted } from '../helpers/upload.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

/** @returns what they print */
async function runAsWritten(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-readme-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return runCommands(await commandsOfReadme(text), service.url, folder, imagePath('testimage_200kb.jpg'));
}

describe('the commands of the README, as they are written', () => {
  test('upload a photo', async () => {
    const { id } = Accepted.parse(
      JSON.parse(await runAsWritten('curl -F image=@photo.jpg localhost:3000/upload')),
    );
    expect((await service.fetch(`/images/${id}`)).status).toBe(200);
  });

  test('upload one that breaks off, and goes on where it was', async () => {
    const printed = await runAsWritten("tus='Tus-Resumable: 1.0.0'");
    const [, address = ''] = /^darkroom-image: (\S+)\r?$/im.exec(printed) ?? [];
    const image = ImageAnswer.parse(await (await service.fetch(address)).json());
    expect(image.source).toMatchObject({ width: 1600, height: 1200 });
    expect(JSON.parse(printed.slice(printed.lastIndexOf('\n{')))).toMatchObject({
      accepted: { links: { self: address } },
    });
  });
});
