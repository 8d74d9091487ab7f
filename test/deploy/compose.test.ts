import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../shared/config.ts';
import { isKnown } from './known-names.ts';
import { EXIT_MARGIN_MS } from './pod.ts';

const Text = z.record(z.string(), z.string());
const Condition = z.enum(['service_healthy', 'service_completed_successfully']);

/** As far as https://github.com/compose-spec/compose-spec/blob/main/spec.md has it, and we write it. */
const Service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string() }).optional(),
  profiles: z.tuple([z.literal('observe')]).optional(),
  restart: z.literal('unless-stopped').optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  networks: z.array(z.string()),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: Condition })).optional(),
  environment: Text.optional(),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), start_period: z.string() })
    .optional(),
  cpus: z.number().optional(),
  mem_limit: z.string().optional(),
});

const Compose = z.object({
  name: z.literal('darkroom'),
  services: z.strictObject({
    api: Service,
    worker: Service,
    database: Service,
    storage: Service,
    bucket: Service,
    collector: Service,
    prometheus: Service,
    loki: Service,
    tempo: Service,
    grafana: Service,
  }),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean() }).nullable()),
  volumes: z.record(z.string(), z.null()),
});

const file = readFileSync(new URL('../../deploy/compose.yaml', import.meta.url), 'utf8');
/** With what compose puts in where the environment does not say. */
const text = file.replace(/\$\{\w+:-(.*?)\}/g, '$1');
const { services, networks, volumes } = Compose.parse(parse(text, { merge: true }));
const { api, worker, database, storage, bucket, ...observers } = services;
const nodes = [
  { role: 'api', node: api },
  { role: 'worker', node: worker },
];

describe.each(nodes)('the $role of the compose file', ({ role, node }) => {
  const { environment = {} } = node;

  test('is built of the Dockerfile', () => {
    expect([node.build, node.image]).toEqual([{ context: '..' }, 'darkroom:local']);
  });

  test('sets what the service reads, and what it takes', () => {
    expect(Object.keys(environment).filter((name) => !isKnown(name))).toEqual([]);
    const ofImage = { HOST: '0.0.0.0', BASE_PATH: '/data' };
    expect(readConfig({ ...ofImage, ...environment })).toMatchObject({ role, basePath: '/data' });
  });

  test('finds both stores, with the credentials that they have', () => {
    const address = new URL(environment.DATABASE_URL ?? '');
    expect([address.hostname, address.port]).toEqual(['database', '5432']);
    expect([address.username, address.password]).toEqual([
      database.environment?.POSTGRES_USER,
      database.environment?.POSTGRES_PASSWORD,
    ]);
    const { searchParams } = new URL(environment.STORAGE_URL ?? '');
    expect(searchParams.get('endpoint')).toBe('http://storage:8333');
    expect(environment).toMatchObject(storage.environment ?? {});
  });

  test('starts when they are there', () => {
    expect(node.depends_on).toEqual({
      database: { condition: 'service_healthy' },
      bucket: { condition: 'service_completed_successfully' },
    });
    expect(bucket.depends_on).toEqual({ storage: { condition: 'service_healthy' } });
  });

  test('has no more rights than it needs', () => {
    expect(node).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  test('has time for a whole drain before it is killed', () => {
    const { drainTimeoutMs } = readConfig(environment);
    const graceMs = Number.parseInt(node.stop_grace_period ?? '', 10) * 1000;
    expect(graceMs).toBeGreaterThanOrEqual(drainTimeoutMs + EXIT_MARGIN_MS);
  });
});

describe('the compose file', () => {
  test('is reached from this machine alone, as it asks for no keys', () => {
    expect(api.environment?.ALLOW_ANONYMOUS).toBe('true');
    const published = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(published).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:8333:8333', '127.0.0.1:3001:3000']);
  });

  test('has clients read from where they reach the storage', () => {
    const { searchParams } = new URL(api.environment?.STORAGE_URL ?? '');
    expect(searchParams.get('publicEndpoint')).toBe('http://localhost:8333');
    expect(readConfig({ ...api.environment, READ_MODE: 'redirect' }).readMode).toBe('redirect');
  });

  test('lets nothing out but the answers of what is published', () => {
    expect(networks).toEqual({ front: null, back: { internal: true } });
    for (const { networks, ports = [] } of Object.values(services))
      expect(networks).toEqual(ports.length > 0 ? ['front', 'back'] : ['back']);
    expect(storage.command).toContain('-master.telemetry=false');
  });

  test('names the version of what it pulls', () => {
    const images = new Set(Object.values(services).map(({ image }) => image));
    expect([...images].filter((image) => !/:v?\d+\.\d+(\.\d+)?$/.test(image))).toEqual(['darkroom:local']);
    expect(bucket.image).toBe(storage.image);
  });

  test('keeps what the stores have in volumes', () => {
    expect(Object.keys(volumes)).toEqual(['database', 'storage', 'prometheus', 'loki', 'tempo']);
    // PostgreSQL 18 keeps a folder for each major version in it.
    expect(database.volumes).toEqual(['database:/var/lib/postgresql']);
    expect(storage.volumes).toEqual(['storage:/data']);
    expect(storage.command).toContain('-dir=/data');
  });

  test('makes the bucket that it names, in which nothing is answered for before it is on the disk', () => {
    const { hostname } = new URL(api.environment?.STORAGE_URL ?? '');
    const [script] = bucket.command ?? [];
    expect(script).toContain(`'s3.bucket.create -name ${hostname}'`);
    expect(script).toContain(`'fs.configure -locationPrefix=/buckets/${hostname}/ -fsync -apply'`);
  });

  test('has room for its workers', () => {
    const workers = Number(worker.environment?.N_WORKERS);
    expect([worker.cpus, worker.mem_limit]).toEqual([workers + 0.5, `${workers + 1}g`]);
  });
});

describe('what watches it', () => {
  const DEPLOY = new URL('../../deploy/', import.meta.url);
  const read = (path: string) => readFileSync(new URL(path, DEPLOY), 'utf8');

  test('is there for who asks for it, with no more rights than it needs', () => {
    for (const observer of Object.values(observers)) {
      expect(observer).toMatchObject({ profiles: ['observe'], cap_drop: ['ALL'] });
      const files = (observer.volumes ?? []).filter((volume) => volume.startsWith('./'));
      for (const [path = '', , mode] of files.map((volume) => volume.split(':'))) {
        expect(mode).toBe('ro');
        expect(read(path)).not.toBe('');
      }
    }
  });

  test('reads the metrics of every node where they are', () => {
    const { scrape_configs } = parse(read('collector/prometheus.yaml'));
    const port = Number(api.environment?.METRICS_PORT);
    expect(scrape_configs).toEqual([
      {
        job_name: 'darkroom',
        dns_sd_configs: [{ names: ['api', 'worker'], type: 'A', port, refresh_interval: '10s' }],
      },
    ]);
    expect(worker.environment?.METRICS_PORT).toBe(String(port));
    expect(readConfig({ ...worker.environment, HOST: '0.0.0.0' }).metricsPort).toBe(port);
  });

  test('hands logs and traces on to what it shows them from', () => {
    const { receivers, exporters, service } = parse(read('collector/collector.yaml'));
    expect(receivers.otlp.protocols.http.endpoint).toBe('0.0.0.0:4318');
    expect(text).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318');
    expect(Object.keys(service.pipelines)).toEqual(['logs', 'traces']);
    const hosts = Object.values<{ endpoint: string }>(exporters).map(
      ({ endpoint }) => new URL(endpoint).hostname,
    );
    expect(hosts).toEqual(['loki', 'tempo']);
    const { datasources } = parse(read('grafana/sources.yaml'));
    expect(datasources.map(({ url }: { url: string }) => new URL(url).hostname)).toEqual([
      'prometheus',
      'loki',
      'tempo',
    ]);
  });
});
