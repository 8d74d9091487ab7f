import { Hono } from 'hono';
import { z } from 'zod';
import { TicketAnswer } from '../contract/answers.ts';
import { documents, type Operation } from '../contract/operation.ts';
import { EXPIRES_TAKES, ExpiresText } from '../intake/expires.ts';
import { readJsonBody } from '../json-body.ts';
import { issueTicket } from '../operations/issue-ticket.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

/** No longer than the answer to an upload is kept, by which a ticket is known to be used; seconds. */
const LONGEST_S = 24 * 60 * 60;
const USUAL_S = 600;

/** For a browser or an app: an address that takes one picture, without a key. */
export function ticketRoutes(parts: Parts) {
  const { access, presets, maxUploadBytes, bodyOf, patience, direct } = parts;
  const Asked = z.strictObject({
    expiresIn: z.int().min(1).max(LONGEST_S).default(USUAL_S),
    maxBytes: z.int().min(1).max(maxUploadBytes).default(maxUploadBytes),
    preset: z.string().max(64).nullable().default(null),
    expires: z
      .union([z.string(), z.int()])
      .refine((value) => ExpiresText.safeParse(String(value)).success)
      .nullable()
      .default(null)
      .describe('When its image ends, as `expires` of an upload'),
    direct: z
      .strictObject({
        bytes: z.int().min(1).max(maxUploadBytes),
        contentType: z
          .string()
          .max(64)
          .regex(/^image\/[a-z0-9.+-]+$/),
      })
      .nullable()
      .default(null),
  });
  const takes = {
    expiresIn: `whole seconds from 1 to ${LONGEST_S}`,
    maxBytes: `a whole number from 1 to ${maxUploadBytes}`,
    preset: 'the name of a preset',
    expires: EXPIRES_TAKES,
    direct: `the size and type of what is put into the bucket: {"bytes": 1 to ${maxUploadBytes}, "contentType": "image/…"}`,
  };

  const issue: Operation = {
    id: 'issueTicket',
    summary: 'A ticket for one upload, for a browser or an app',
    body: { 'application/json': Asked },
    answers: { 201: { description: 'Whoever has its `url` may upload one picture', body: TicketAnswer } },
    problems: ['bad_parameter', 'upload_too_slow', 'malformed_request', 'unknown_preset'],
  };

  return new Hono<AppEnv>().post('/tickets', needs('upload'), documents(issue), async (c) => {
    const asked = await readJsonBody(Asked, bodyOf(c), patience, takes);
    const { id, token, expiresAt, maxBytes, preset, expires, put } = await issueTicket(
      asked,
      c.get('caller'),
      access.tickets,
      presets,
      direct,
    );
    c.header('cache-control', 'no-store');
    const url = put ? `/uploads/${id}/complete?ticket=${token}` : `/upload?ticket=${token}`;
    return c.json(
      { url, expiresAt: new Date(expiresAt).toISOString(), maxBytes, preset, expires, ...(put && { put }) },
      201,
    );
  });
}
