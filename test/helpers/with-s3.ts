import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { placeForS3 } from './place-for-s3.ts';
import { S3_ENVIRONMENT } from './s3-environment.ts';
import { S3Server } from './s3-server.ts';

/** On a machine with more work than cores; where there is little to do it takes a second. */
const START_PATIENCE_MS = 60_000;

/**
 * A suite that needs an S3 server, with one of its own, whose keys the SDK finds in the environment meanwhile. Where there can
 * be no server the suite is skipped and says why; not by the gate.
 */
export function describeWithS3(about: string, suite: (server: () => S3Server) => void): void {
  const place = placeForS3();
  describe(about, () => {
    if ('why' in place && process.env.CI !== 'true') {
      test('with an S3 server', (context) => context.skip(`skipped: ${place.why}`));
      return;
    }
    let server: S3Server | undefined;
    beforeAll(async () => {
      server = await S3Server.start();
      for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value);
    }, START_PATIENCE_MS);
    afterAll(async () => {
      vi.unstubAllEnvs();
      await server?.[Symbol.asyncDispose]();
    });
    suite(() => {
      if (!server) throw new Error('the S3 server is not there yet');
      return server;
    });
  });
}
