import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../../server/problem.ts';
import { Sha256 } from '../../../shared/domain/ids.ts';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import { ask, type Changes, failing, ID } from '../../helpers/app-with.ts';
import { newUpload } from '../../helpers/job-records.ts';
import { expectProblem } from '../../helpers/problem-answer.ts';
import { inOnePart } from '../../helpers/upload-record.ts';

type Fields = Record<string, string>;
type Way = (changes: Changes, fields?: Fields) => Promise<Response>;

const TUS = { 'tus-resumable': '1.0.0' };
const BYTES = { ...TUS, 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
const ADDRESS = `/files/${ID}?ticket=t`;

const picture = (name: ImageName) => readFile(imagePath(name));
const small = await picture('testimage_small.jpg');
/** What is sent is what lies in the parts afterwards. */
const sends = ({ bytes = small, ...changes }: Changes): Changes => ({
  bytes,
  body: () => Readable.from([bytes], { objectMode: false }),
  ...changes,
});

/** The ways on which the last byte of an upload may come, or be found. */
const WAYS: Record<string, Way> = {
  'POST /files': (changes, fields = {}) => {
    const headers = { ...BYTES, 'upload-length': String((changes.bytes ?? small).length), ...fields };
    return ask('POST', '/files?ticket=t', sends(changes), { headers });
  },
  'PATCH /files/:id': (changes, fields = {}) =>
    ask('PATCH', ADDRESS, sends(changes), { headers: { ...BYTES, ...fields } }),
  'POST /files/:id': (changes, fields = {}) => {
    const headers = { ...BYTES, 'x-http-method-override': 'PATCH', ...fields };
    return ask('POST', ADDRESS, sends(changes), { headers });
  },
};
const find: Way = ({ upload, bytes = small, ...changes }) =>
  ask('GET', ADDRESS, { bytes, upload: { ...inOnePart(bytes.length), ...upload }, ...changes });
const end: Way = (changes, fields = {}) =>
  ask('DELETE', ADDRESS, changes, { headers: { ...TUS, ...fields } });

const before = { job: newUpload().job, fingerprint: Sha256.parse('0'.repeat(64)) };
const ended = new Date(0).toISOString();

/** Of the picture, whoever brings its last byte. */
const OF_WHOLE: [ProblemCode, () => Promise<Changes> | Changes][] = [
  ['bad_ticket', () => ({ access: { tickets: { read: async () => null } } })],
  ['bad_parameter', () => ({ upload: { fields: { expires: ended } } })],
  ['unknown_preset', () => ({ upload: { fields: { preset: 'gone' } } })],
  ['quota_exceeded', () => ({ store: { acceptUpload: async () => 'over_quota' } })],
  ['ticket_used', () => ({ store: { claimKey: async () => before } })],
  ['too_many_bytes', () => ({ limits: { maxUploadBytes: 100 } })],
  ['unsupported_format', () => ({ bytes: Buffer.from('hello') })],
  ['damaged_header', async () => ({ bytes: await picture('damaged_header.jpg') })],
  ['too_many_pixels', async () => ({ bytes: await picture('huge_declared.png') })],
  ['too_many_frames', async () => ({ bytes: await picture('many_frames.gif') })],
  ['too_much_memory', () => ({ limits: { memoryBudgetBytes: 1 } })],
  ['quarantined', () => ({ store: { isQuarantined: async () => true } })],
  ['upload_ended', () => ({ upload: { state: 'refused', refusal: 'damaged_header' } })],
  ['not_found', () => ({ store: { findUpload: async () => null, holdUpload: async () => null } })],
  ['disk_full', () => ({ storage: { keepOriginal: () => failing('storage_full') } })],
];

const isWhole = { store: { addToUpload: async () => false } };

/** Of the bytes that a request brings. */
const OF_BODIES: [ProblemCode, Changes, Fields?][] = [
  ['wrong_offset', isWhole],
  ['checksum_mismatch', {}, { 'upload-checksum': 'sha1 AAAA' }],
  ['malformed_request', { body: () => brokenOff() }],
  ['upload_too_slow', { body: () => new Readable({ read() {} }), limits: { stallMs: 50 } }],
  ['too_many_uploads', { limits: { maxUploads: 0 } }],
  ['draining', { isClosing: true }],
];

const brokenOff = () =>
  new Readable({
    read() {
      this.destroy(new Error('reset by the client'));
    },
  });

/** Of what is said in headers, by whoever speaks tus. */
const OF_TUS: [ProblemCode, Fields][] = [
  ['tus_version', { 'tus-resumable': '' }],
  ['bad_parameter', { 'tus-resumable': '0.2.2' }],
];

describe.each(Object.entries({ ...WAYS, 'GET /files/:id': find }))('%s', (_, way) => {
  test.for(OF_WHOLE)('refuses what is whole: %s', async ([code, changes]) => {
    await expectProblem(await way(await changes()), code);
  });
});

describe.each(Object.entries(WAYS))('%s', (_, way) => {
  test('accepts what is whole', async () => {
    const answer = await way({});
    expect(answer.ok).toBe(true);
    expect(answer.headers.get('darkroom-image')).toMatch(/^\/images\//);
  });

  test.for(OF_BODIES)('refuses a body: %s', async ([code, changes, fields]) => {
    await expectProblem(await way(changes, fields), code);
  });
});

describe.each(Object.entries({ ...WAYS, 'DELETE /files/:id': end }))('%s', (_, way) => {
  test.for(OF_TUS)('refuses a header: %s', async ([code, fields]) => {
    await expectProblem(await way({}, fields), code);
  });
});

test('what lies in the storage and comes too slowly is refused for now', async () => {
  const parts = { read: async () => new ReadableStream() };
  await expectProblem(await find({ parts, limits: { stallMs: 50 } }), 'upload_too_slow');
});

test('an end by a ticket that is none is refused', async () => {
  const access = { tickets: { read: async () => null } };
  await expectProblem(await end({ access }), 'bad_ticket');
});

test('whoever asks by HEAD speaks tus', async () => {
  expect((await ask('HEAD', ADDRESS, {})).status).toBe(412);
  expect((await ask('HEAD', ADDRESS, {}, { headers: TUS })).status).toBe(200);
});
