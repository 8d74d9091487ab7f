import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { StandingAnswer } from '../contract/answers.ts';
import { documents, type Operation } from '../contract/operation.ts';
import { draining } from '../intake/no-room.ts';
import type { ProblemCode } from '../problem.ts';
import { beginUpload, goOnWithUpload, type UploadRequest } from '../resumable/answer-upload.ts';
import { OVERRIDING, overridingMethod } from '../resumable/overriding-method.ts';
import { capabilities } from '../resumable/tus.ts';
import { uploadStanding } from '../resumable/upload-standing.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { OF_PICTURES, preferredWait } from './upload.ts';

const TUS = z.object({ 'tus-resumable': z.literal('1.0.0') });

const OFFSET = { 'upload-offset': z.string().describe('Bytes that are kept, whatever happens from now on') };
const EXPIRES = { 'upload-expires': z.string().optional().describe('As in RFC 9110, section 5.6.7') };
const IMAGE = { 'darkroom-image': z.string().optional().describe('The path of the image, once it is one') };
const CHECKSUM = z
  .string()
  .optional()
  .describe('`sha1`, `sha256` or `sha512`, a space, the digest in base64');

/** What has its place is not refused for want of one, and has no key. */
const OF_PLACES: readonly ProblemCode[] = ['key_in_flight', 'no_worker', 'too_many_uploads', 'draining'];

/** Of pictures, this is what is told by whoever learns first that all of it is here. */
const OF_WHOLE = [
  ...OF_PICTURES.filter((code) => !OF_PLACES.includes(code)),
  'ticket_used',
  'upload_too_slow',
  'upload_ended',
  'not_found',
] as const;

/** Of those that bring bytes. */
const OF_BODIES = [
  'wrong_offset',
  'checksum_mismatch',
  'malformed_request',
  'too_many_uploads',
  'draining',
  'tus_version',
] as const;

const BEGIN: Operation = {
  id: 'beginUpload',
  summary: 'Opens an upload that may come in several requests, by tus 1.0',
  description:
    'It has its place from now on: whole, it is not refused for want of a worker. `Upload-Metadata` may have `preset`, `metadata` ' +
    'and `focus`. The first bytes may come along.',
  headers: TUS.extend({
    'upload-length': z.string().describe('Bytes of the whole'),
    'upload-metadata': z.string().optional().describe('Keys, each with its value in base64, between commas'),
    'upload-checksum': CHECKSUM,
  }),
  body: { 'application/offset+octet-stream': null },
  answers: {
    201: {
      description: 'It is open',
      body: [],
      headers: TUS.extend({
        location: z.string().describe('Of the upload; with its ticket, where there is one'),
        'upload-offset': z.string().optional(),
        ...EXPIRES,
        ...IMAGE,
      }),
    },
  },
  problems: [...OF_WHOLE, ...OF_BODIES, 'no_image'],
};

const STAND: Operation = {
  id: 'uploadStanding',
  summary: 'How far an upload is',
  description:
    'HEAD is that of tus 1.0, and has it in headers. What is whole, and is no image yet, is accepted.',
  headers: z.object({
    prefer: z.string().optional().describe('`wait=10`: when its job has ended, or after so many seconds'),
  }),
  answers: {
    200: {
      description: 'How far it is, and what it has become',
      body: StandingAnswer,
      headers: z.object({
        'upload-offset': z.string().optional().describe('Of HEAD, as those that follow'),
        'upload-length': z.string().optional(),
        'upload-metadata': z.string().optional(),
        ...EXPIRES,
        ...IMAGE,
        'preference-applied': z.string().optional(),
      }),
    },
  },
  problems: [...OF_WHOLE, 'tus_version'],
};

const ADD: Operation = {
  id: 'addToUpload',
  summary: 'Brings more of an upload',
  description: 'When the last byte is here the answer is that of an upload: it is an image, or refused.',
  headers: TUS.extend({ 'upload-offset': z.string(), 'upload-checksum': CHECKSUM }),
  body: { 'application/offset+octet-stream': null },
  answers: {
    204: {
      description: 'What has come is kept, whatever happens from now on',
      body: [],
      headers: TUS.extend({ ...OFFSET, ...EXPIRES, ...IMAGE }),
    },
  },
  problems: [...OF_WHOLE, ...OF_BODIES],
};

const END: Operation = {
  id: 'endUpload',
  summary: 'Gives an upload up',
  description: 'Nothing of it is left. An image that it has become stays.',
  headers: TUS,
  answers: { 204: { description: 'It is gone', body: [], headers: TUS } },
  problems: ['bad_parameter', 'bad_ticket', 'tus_version', 'not_found'],
};

const OVERRIDDEN: Operation = {
  id: 'goOnByPost',
  summary: 'PATCH or DELETE, for who cannot send them',
  headers: TUS.extend({
    'x-http-method-override': z.enum(OVERRIDING),
    'upload-offset': z.string().optional().describe('Of PATCH'),
    'upload-checksum': CHECKSUM,
  }),
  body: { 'application/offset+octet-stream': null },
  answers: {
    204: {
      description: 'As that method is answered',
      body: [],
      headers: TUS.extend({ 'upload-offset': z.string().optional(), ...EXPIRES, ...IMAGE }),
    },
  },
  problems: [...new Set([...ADD.problems, ...END.problems])],
};

const ASK: Operation = {
  id: 'tus',
  summary: 'What of tus is spoken here',
  answers: {
    204: {
      description: 'Versions, extensions, and the most bytes of an upload',
      body: [],
      headers: z.object({
        'tus-resumable': z.string(),
        'tus-version': z.string(),
        'tus-extension': z.string(),
        'tus-checksum-algorithm': z.string(),
        'tus-max-size': z.string(),
      }),
    },
  },
  asksNoStore: true,
  problems: [],
};

/** Uploads that go on after each break: tus 1.0. */
export function fileRoutes(parts: Parts) {
  const { resumable, presets, maxUploadBytes } = parts;
  return new Hono<AppEnv>()
    .on('OPTIONS', '/files', needs('public'), documents(ASK), (c) =>
      c.body(null, 204, capabilities(maxUploadBytes)),
    )
    .post('/files', needs('upload or a ticket'), documents(BEGIN), (c) => {
      if (parts.isClosing()) throw draining();
      return beginUpload(requestOf(c, parts, 'POST'), resumable, presets);
    })
    .get('/files/:id', needs('upload or a ticket'), documents(STAND), async (c) => {
      const [id, request] = [c.req.param('id'), requestOf(c, parts, 'HEAD')];
      if (c.req.method === 'HEAD') return goOnWithUpload(id, request, resumable);
      const seconds = preferredWait(c.req.header('prefer'));
      if (seconds !== null) c.header('preference-applied', `wait=${seconds}`);
      c.header('cache-control', 'no-store');
      return c.json(await uploadStanding(id, request, seconds ?? 0, parts));
    })
    .patch('/files/:id', needs('upload or a ticket'), documents(ADD), (c) => {
      if (parts.isClosing()) throw draining();
      return goOnWithUpload(c.req.param('id'), requestOf(c, parts, 'PATCH'), resumable);
    })
    .post('/files/:id', needs('upload or a ticket'), documents(OVERRIDDEN), (c) => {
      const method = overridingMethod(c.req.header('x-http-method-override'));
      if (parts.isClosing()) throw draining();
      return goOnWithUpload(c.req.param('id'), requestOf(c, parts, method), resumable);
    })
    .delete('/files/:id', needs('upload or a ticket'), documents(END), (c) =>
      goOnWithUpload(c.req.param('id'), requestOf(c, parts, 'DELETE'), resumable),
    );
}

const requestOf = (
  c: Context<AppEnv>,
  { bodyOf }: Pick<Parts, 'bodyOf'>,
  method: UploadRequest['method'],
): UploadRequest => ({
  method,
  url: c.req.url,
  headers: c.req.raw.headers,
  body: () => bodyOf(c),
  caller: c.get('caller'),
  ticket: c.get('ticket'),
  requestId: c.get('requestId'),
  log: c.get('log'),
});
