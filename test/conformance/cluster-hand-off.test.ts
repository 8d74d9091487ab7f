import type { JobId } from '../../shared/domain/ids.ts';
import { newUpload } from '../helpers/job-records.ts';
import { copyOf } from '../helpers/postgres-server.ts';
import { queueNode } from '../helpers/queue-node.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import { Told } from '../helpers/told.ts';
import { describeHandOff, type HandOffLimits, type HandOffScene } from './hand-off.ts';

const open = async (limits: HandOffLimits): Promise<HandOffScene> => {
  const url = await copyOf(await sharedServer('migrated'));
  const told = new Told<JobId>();
  const node = await queueNode(url, limits, told);
  const needOf = ({ image, memoryBytes, isBatch }: ReturnType<typeof uploadOf>) => ({
    tenant: image.tenant,
    memoryBytes,
    isBatch,
  });
  const uploadOf = ({ tenant, isBatch = false }: Parameters<HandOffScene['reserve']>[0] = {}) =>
    newUpload({ ...(tenant && { image: { tenant } }), job: { isBatch } });
  return {
    reserve: (who) => node.admission.reserve(needOf(uploadOf(who))),
    use: async (room, who) => {
      const upload = uploadOf(who);
      const turn = room.turn !== undefined && { turn: room.turn };
      const told = node.toldOf(upload.isBatch ? 'batch' : 'fresh');
      const job = await node.store.acceptUpload({ ...upload, ...turn });
      if (typeof job === 'string') throw new Error(job);
      const { image, requestId, recipeDigest, memoryBytes, isBatch } = upload;
      const { id: imageId, tenant, preset, header } = image;
      const { format } = header;
      room.submit({
        jobId: job.id,
        imageId,
        tenant,
        preset,
        requestId,
        format,
        recipeDigest,
        memoryBytes,
        isBatch,
        isSuspect: false,
      });
      await told;
      return job.id;
    },
    addBacklog: async () => {
      const upload = newUpload();
      const told = node.toldOf('backlog');
      const sent = await node.sessions.transaction(async (session, db) => {
        const { image, job, requestId, recipeDigest, memoryBytes } = upload;
        const { format } = image.header;
        const work = {
          jobId: job.id,
          imageId: image.id,
          tenant: image.tenant,
          preset: image.preset,
          requestId,
          format,
          recipeDigest,
          memoryBytes,
          isBatch: false,
          isSuspect: false,
        };
        await node.store.acceptUpload({ ...upload, needsTwin: false });
        await db.updateTable('jobs').set({ is_fresh: 0 }).where('id', '=', job.id).execute();
        await db
          .deleteFrom('pgboss.job' as never)
          .where('singleton_key' as never, '=', job.id as never)
          .execute();
        const sending = [{ work, lane: 'backlog' as const, inMs: 0, turn: 0 }];
        const { kept } = await node.queue.send(session, sending);
        await kept;
        return sending;
      });
      node.queue.committed(sent);
      await told;
      return upload.job.id;
    },
    started: () => told.next(),
    untold: () => told.untold,
    finish: node.finish,
    close: node.close,
    dispose: node.dispose,
  };
};

describeHandOff('pg-boss', open);
