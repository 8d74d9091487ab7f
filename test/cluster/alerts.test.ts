import { describe, expect, test } from 'vitest';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { Cluster } from '../helpers/cluster.ts';
import { firing, goneOn, SKIPS_PROMTOOL } from '../helpers/promtool.ts';
import { scrape } from '../helpers/scrape.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';
import { upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

describeWithS3('the operator is told of', (server) => {
  describe.skipIf(SKIPS_PROMTOOL)('what is slow:', () => {
    test('S3, on whatever node asks it', async () => {
      await using proxy = await TcpProxy.before(server().endpoint);
      await using cluster = await Cluster.start({ server: server(), apis: 0, workers: 1 });
      const slowly = new URL(server().urlOf(cluster.bucket));
      slowly.searchParams.set('endpoint', proxy.address(server().endpoint));
      const api = await cluster.startNode('api', { env: { STORAGE_URL: slowly.href } });
      const first = await scrape(api);
      proxy.delay(600);
      await upload(api, goodPicture());
      expect(await firing(goneOn(first, await scrape(api)))).toEqual(['DarkroomFilesSlow']);
      const { ms } = await api.logged('upload accepted');
      expect(ms).toMatchObject({ accept: expect.toSatisfy((accept) => accept > 1_000) });
      proxy.heal();
    });
  });
});
