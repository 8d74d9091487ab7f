import { expect, test } from 'vitest';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { Collector, type Span } from '../helpers/collector.ts';
import { freezeWorkers } from '../helpers/processes.ts';
import { startService } from '../helpers/service.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';

/** Its spans come in batches, and all of them with its end. */
const SENT = { OTEL_SERVICE_NAME: 'photos', OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ours' };

const nameOf = ({ name }: Span) => name;

test('one trace goes from the caller over the request to the run and the steps in its worker, and its log lines name it', async () => {
  await using collector = await Collector.open();
  const env = { N_WORKERS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...SENT };
  await using service = await startService({ env });
  const traceId = crypto.randomUUID().replaceAll('-', '');
  const caller = `00-${traceId}-00f067aa0ba902b7-01`;
  const accepted = await upload(service, goodPicture(), {
    traceparent: caller,
    'x-request-id': 'of-the-caller',
  });
  await endOf(service, accepted);
  await service.logged(({ msg }) => msg === 'run settled');
  await postImage(service, new Uint8Array(10), {}, { traceparent: 'made-up' });
  service.process.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });

  const ofTheTrace = collector.spans.filter((span) => span.traceId === traceId);
  const named = Object.fromEntries(ofTheTrace.map((span) => [span.name, span]));
  const partsOf = (name: string) =>
    ofTheTrace.filter(({ parentSpanId }) => parentSpanId === named[name]?.spanId).map(nameOf);
  const childrenOf = (name: string) => partsOf(name).filter((part) => !/^(records|files)\./.test(part));
  expect(named['POST /upload']).toMatchObject({
    parentSpanId: '00f067aa0ba902b7',
    attributes: { 'http.response.status_code': 200, 'darkroom.request_id': 'of-the-caller' },
  });
  expect(childrenOf('POST /upload').sort()).toEqual(['accept', 'inspect', 'receive', 'reserve', 'run']);
  expect(childrenOf('run')).toEqual(['stage', 'work', 'publish', 'settle']);
  expect(partsOf('accept')).toEqual(['files.keepOriginal', 'records.acceptUpload']);
  expect(partsOf('settle')).toEqual(['records.finishRun']);
  expect(childrenOf('work')).toEqual(['decode', 'resize', 'describe', 'encode']);
  for (const name of childrenOf('work')) {
    expect(named[name]?.startTimeUnixNano).toBeGreaterThanOrEqual(named.work?.startTimeUnixNano ?? 0);
    expect(named[name]?.endTimeUnixNano).toBeLessThanOrEqual(named.work?.endTimeUnixNano ?? 0);
  }
  // Who names no trace, or none that is one, has a new one.
  const refused = collector.spans.find(({ attributes }) => attributes['error.type'] === 'unsupported_format');
  expect(refused?.parentSpanId ?? '').toBe('');
  expect(collector.spans.some(({ name }) => name.includes('livez'))).toBe(false);

  const lines = collector.lines.filter(({ attributes }) => attributes.requestId === 'of-the-caller');
  expect(lines.map(({ body }) => body.stringValue)).toEqual(
    expect.arrayContaining(['upload accepted', 'request', 'run started', 'run ended', 'run settled']),
  );
  for (const { attributes, traceId: ofLine } of lines) {
    expect(attributes.imageId ?? accepted.id).toBe(accepted.id);
    if (attributes.workerPid === undefined) expect(ofLine).toBe(traceId);
  }
  expect(collector.lines.at(-1)?.body.stringValue).toBe('drained');
  for (const resource of collector.resources) expect(resource).toMatchObject({ 'service.name': 'photos' });
  expect(new Set(collector.headers)).toEqual(new Set(['ours']));
});

test('a run that is begun anew, by the next process, is a part of the trace that it was accepted with', async () => {
  await using collector = await Collector.open();
  const env = { N_WORKERS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const first = await startService({ env });
  await using _ = first;
  const traceId = crypto.randomUUID().replaceAll('-', '');
  // Its run is handed over, and comes to nothing.
  await freezeWorkers(first);
  const traceparent = `00-${traceId}-00f067aa0ba902b7-00`;
  const accepted = await upload(first, goodPicture(), { traceparent });
  first.process.kill('SIGKILL');
  await first.exited;
  await using next = await startService({ env, folder: first.folder });
  await endOf(next, accepted);
  next.process.kill('SIGTERM');
  await next.exited;
  const run = await collector.span((span) => span.name === 'run' && span.traceId === traceId);
  expect(run.attributes).toMatchObject({ 'darkroom.image_id': accepted.id });
});

test('a collector that does not answer, or is not there, holds up neither an upload nor the end', async () => {
  await using collector = await Collector.open({ answers: false });
  for (const endpoint of [collector.url, 'http://127.0.0.1:1']) {
    const env = { N_WORKERS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    await using service = await startService({ env });
    await endOf(service, await upload(service, goodPicture()));
    const begin = performance.now();
    service.process.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    // A second of patience with the collector, and a drain of nothing.
    expect(performance.now() - begin).toBeLessThan(5_000);
  }
});

test('of the traces only as many are sent as it is told to', async () => {
  await using collector = await Collector.open();
  const env = { N_WORKERS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRACE_RATIO: '0' };
  await using service = await startService({ env });
  await service.fetch('/jobs', { headers: { traceparent: `00-${'a'.repeat(32)}-00f067aa0ba902b7-01` } });
  service.process.kill('SIGTERM');
  await service.exited;
  expect(collector.spans).toEqual([]);
  expect(collector.lines.at(-1)?.body.stringValue).toBe('drained');
});
