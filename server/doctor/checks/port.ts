import { once } from 'node:events';
import { createServer } from 'node:net';
import { z } from 'zod';
import type { Config } from '../../../shared/config.ts';
import { errorCode } from '../../../shared/errors.ts';
import { type Finding, fail, ok } from '../finding.ts';

const ANSWER_MS = 2_000;

const Alive = z.object({ status: z.literal('alive') });

/** Whether it could listen where it is to listen; that it does so already is no fault. */
export async function portFindings({
  host,
  port,
  metricsPort,
}: Pick<Config, 'host' | 'port' | 'metricsPort'>): Promise<Finding[]> {
  const findings = [await lookAt('port', 'PORT', host, port)];
  if (metricsPort !== null) findings.push(await lookAt('metrics port', 'METRICS_PORT', host, metricsPort));
  return findings;
}

async function lookAt(check: string, variable: string, host: string, port: number): Promise<Finding> {
  const at = `${host}:${port}`;
  if (port === 0) return ok(check, 'a free one is taken');
  const code = await whyNotListen(host, port);
  switch (code) {
    case null:
      return ok(check, `${at} is free`);
    case 'EADDRINUSE':
      return (await isOurs(host, port))
        ? ok(check, `a service answers at ${at}`)
        : fail(
            check,
            `something else listens at ${at}`,
            `Stop it (\`ss -ltnp\` names it), or set ${variable} to another one.`,
          );
    case 'EACCES':
      return fail(
        check,
        `this user may not listen at ${at}`,
        `Set ${variable} to 1024 or more, and let a proxy have the low one.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return fail(
        check,
        `${host} is no address of this machine`,
        'Set HOST to one of its addresses, such as 127.0.0.1, or to 0.0.0.0.',
      );
    default:
      return fail(check, `nobody can listen at ${at}: ${code}`, `Set HOST and ${variable} to where it can.`);
  }
}

/** Tries for a moment. Null: it could. */
async function whyNotListen(host: string, port: number): Promise<string | null> {
  const server = createServer((socket) => socket.destroy());
  try {
    await once(server.listen(port, host), 'listening');
    return null;
  } catch (error) {
    return errorCode(error) ?? String(error);
  } finally {
    server.close();
  }
}

/** A node answers probes whatever its role is; a metrics port, to `/metrics` alone. */
async function isOurs(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const ask = (path: string) =>
    fetch(`http://${name}:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  try {
    const live = await ask('/livez');
    if (live.ok) return Alive.safeParse(await live.json()).success;
    return (await (await ask('/metrics')).text()).includes('darkroom_');
  } catch {
    return false;
  }
}
