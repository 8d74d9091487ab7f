import { dirname } from 'node:path';
import { isOurs, type Module, type ModuleGraph } from './module-graph.ts';

/** The only files that know which stores, storages and supervisors there are. */
const COMPOSITION_ROOT = 'server/composition/';
const CONFIG = 'shared/config.ts';
const EVERYWHERE = '';

/** Who implements one of these is constructed in the composition root alone. */
const CONTRACTS = ['JobStore', 'ImageStorage', 'DirectAccess', 'UploadParts'];

const S3 = 'shared/storage/s3/';

/** Where the service begins. */
const MAIN = 'server/main.ts';
/** Packages that one machine alone never needs. */
const FOR_MANY = /^(pg|pg-boss|cockatiel|@aws-sdk\/.*|@smithy\/.*|@opentelemetry\/.*)$/;

const ROUTES = 'server/routes/';

/** What is there when a route handler runs. Stores and storages it knows as types: it is given them. */
const FOR_ROUTES = [
  'hono',
  'zod',
  ROUTES,
  'server/access/',
  'server/contract/',
  'server/intake/',
  'server/delivery/',
  'server/operations/',
  'server/resumable/',
  'server/json-body.ts',
  'server/page.ts',
  'server/problem.ts',
  'shared/domain/',
  'shared/telemetry/metrics.ts',
];

/** A storage may be made of others in its own folder. */
const isBeside = (one: string, other: string): boolean => dirname(one) === dirname(other);

/** A broken rule: what breaks it, in a line. */
export type Rule = (graph: ModuleGraph) => string[];

const within = (path: string, ...places: string[]): boolean =>
  places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));

/** Imports from one part of the code that do not go where they may. */
function strays(
  graph: ModuleGraph,
  from: string,
  allowed: (target: string, module: Module) => boolean,
): string[] {
  return [...graph.values()]
    .filter((module) => module.path.startsWith(from))
    .flatMap((module) =>
      [...module.imports].filter((it) => !allowed(it, module)).map((it) => `${module.path} imports ${it}`),
    );
}

/** What is there when a file has been loaded, and nobody has asked for more. */
function loadedWith(graph: ModuleGraph, path: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(path) && graph.has(path)) {
    seen.add(path);
    for (const target of graph.get(path)?.loads ?? []) loadedWith(graph, target, seen);
  }
  return seen;
}

const routesOf = (graph: ModuleGraph): Module[] =>
  [...graph.values()].filter(({ path }) => path.startsWith(ROUTES));

const onlyOurs =
  (...places: string[]) =>
  (target: string) =>
    !isOurs(target) || within(target, ...places);

export const RULES = {
  '1: shared imports nothing of ours outside shared': (graph) =>
    strays(graph, 'shared/', onlyOurs('shared/')),

  '1: the domain files do no I/O': (graph) =>
    strays(graph, 'shared/domain/', (target) => within(target, 'shared/domain/', 'zod', 'node:crypto')),

  "2: the worker imports only shared's domain, protocol and errors": (graph) =>
    strays(
      graph,
      'workers/worker/',
      onlyOurs('workers/worker/', 'shared/domain/', 'shared/protocol.ts', 'shared/errors.ts'),
    ),

  '2: nobody imports the worker': (graph) =>
    strays(
      graph,
      EVERYWHERE,
      (target, { path }) => !within(target, 'workers/worker/') || within(path, 'workers/worker/'),
    ),

  '3: the supervisor imports only shared': (graph) =>
    strays(graph, 'workers/supervisor/', onlyOurs('workers/supervisor/', 'shared/')),

  '3: the server reaches the workers only in the composition root': (graph) =>
    strays(
      graph,
      'server/',
      (target, { path }) => !within(target, 'workers/') || within(path, COMPOSITION_ROOT),
    ),

  '4: sharp and libheif are only in the worker': (graph) =>
    strays(
      graph,
      EVERYWHERE,
      (target, { path }) => !/^(sharp|libheif-js)$/.test(target) || within(path, 'workers/worker/'),
    ),

  '4: hono is only in the server': (graph) =>
    strays(
      graph,
      EVERYWHERE,
      (target, { path }) => !/^(hono$|@hono\/)/.test(target) || within(path, 'server/'),
    ),

  '4: the SDK of S3 is only in its storage': (graph) =>
    strays(
      graph,
      EVERYWHERE,
      (target, { path }) => !/^(@aws-sdk\/|@smithy\/|cockatiel$)/.test(target) || within(path, S3),
    ),

  '4: what is for many machines is loaded by nobody who may do without': (graph) =>
    [...loadedWith(graph, MAIN)].flatMap((path) =>
      [...(graph.get(path)?.loads ?? [])]
        .filter((it) => FOR_MANY.test(it))
        .map((it) => `${path} loads ${it}`),
    ),

  '4: the environment is read only in the config': (graph) =>
    [...graph.values()]
      .filter(({ path, readsEnvironment }) => readsEnvironment && path !== CONFIG)
      .map(({ path }) => `${path} reads process.env`),

  '5: stores and storages are constructed only in the composition root': (graph) => {
    const concrete = new Set(
      [...graph.values()]
        .filter(({ implemented }) => CONTRACTS.some((contract) => implemented.has(contract)))
        .map(({ path }) => path),
    );
    return [...graph.values()]
      .filter(({ path }) => !within(path, COMPOSITION_ROOT))
      .flatMap(({ path, valueImports }) =>
        [...valueImports]
          .filter((it) => concrete.has(it) && !isBeside(it, path))
          .map((it) => `${path} imports ${it}`),
      );
  },

  '6: what routes run is parsing, the functions that they call, and the answer': (graph) =>
    routesOf(graph).flatMap(({ path, valueImports }) =>
      [...valueImports].filter((it) => !within(it, ...FOR_ROUTES)).map((it) => `${path} imports ${it}`),
    ),

  '6: routes neither loop nor catch': (graph) =>
    routesOf(graph).flatMap(({ path, control }) => [...control].map((it) => `${path} ${it}`)),

  'there are no cycles': cycles,

  'everything that is imported or spawned is there': (graph) =>
    [...graph.values()].flatMap(({ path, imports, spawns }) =>
      [...imports, ...spawns].filter((it) => isOurs(it) && !graph.has(it)).map((it) => `${path} names ${it}`),
    ),
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** Each cycle once, as the way around it. */
function cycles(graph: ModuleGraph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string) => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    way.push(path);
    for (const target of graph.get(path)?.imports ?? []) visit(target);
    way.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}
