import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { parseSync, type StaticImport, Visitor } from 'oxc-parser';

/** What one source file has to do with others. Paths are relative to the root of the repository. */
export interface Module {
  path: string;
  /** Static, dynamic, type-only imports and re-exports: a path of ours, or the name of a package. */
  imports: Set<string>;
  /** Of those, what is there when it runs. */
  valueImports: Set<string>;
  /** Of those, what is loaded along with it, and not only when it asks for it. */
  loads: Set<string>;
  /** Files named by `new URL('./x.ts', import.meta.url)`: spawned, not imported. */
  spawns: Set<string>;
  /** The interfaces that its classes implement. */
  implemented: Set<string>;
  readsEnvironment: boolean;
  /** What it does beside calling one thing after another: `loops`, `catches`. */
  control: Set<'loops' | 'catches'>;
}

export type ModuleGraph = ReadonlyMap<string, Module>;

export const isOurs = (target: string): boolean => target.includes('.ts') || target.startsWith('?');

/** Parses sources, given by their path. */
export function graphOf(sources: Record<string, string>): ModuleGraph {
  return new Map(Object.entries(sources).map(([path, source]) => [path, parseModule(path, source)]));
}

/** Parses every TypeScript file below these folders. */
export async function readGraph(root: string, folders: readonly string[]): Promise<ModuleGraph> {
  const sources: Record<string, string> = {};
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { recursive: true })) {
      const path = posix.join(folder, entry.replaceAll('\\', '/'));
      if (path.endsWith('.ts')) sources[path] = await readFile(join(root, path), 'utf8');
    }
  }
  return graphOf(sources);
}

function parseModule(path: string, source: string): Module {
  const { program, module, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const found: Module = {
    path,
    imports: new Set(),
    valueImports: new Set(),
    loads: new Set(),
    spawns: new Set(),
    implemented: new Set(),
    readsEnvironment: false,
    control: new Set(),
  };
  const loops = () => found.control.add('loops');
  const add = (specifier: string, isType: boolean, isLoaded = !isType) => {
    const target = resolve(path, specifier);
    found.imports.add(target);
    if (!isType) found.valueImports.add(target);
    if (isLoaded) found.loads.add(target);
  };
  for (const it of module.staticImports) add(it.moduleRequest.value, isTypeOnly(it));
  for (const { entries } of module.staticExports)
    for (const { moduleRequest, isType } of entries) if (moduleRequest) add(moduleRequest.value, isType);
  for (const { moduleRequest } of module.dynamicImports)
    add(literal(source.slice(moduleRequest.start, moduleRequest.end)), false, false);
  found.readsEnvironment = module.staticImports.some(
    (it) =>
      /^(node:)?process$/.test(it.moduleRequest.value) &&
      it.entries.some((entry) => entry.importName.name === 'env'),
  );

  new Visitor({
    TSImportType: (node) => add(node.source.value, true),
    NewExpression: ({ callee, arguments: [file, base] }) => {
      if (callee.type !== 'Identifier' || callee.name !== 'URL' || file?.type !== 'Literal') return;
      const relative = base && source.slice(base.start, base.end) === 'import.meta.url';
      if (relative && String(file.value).endsWith('.ts')) found.spawns.add(resolve(path, String(file.value)));
    },
    ClassDeclaration: (node) => {
      for (const { expression } of node.implements ?? [])
        found.implemented.add(source.slice(expression.start, expression.end));
    },
    MemberExpression: ({ object, property, computed }) => {
      const owner = source.slice(object.start, object.end);
      const name = source.slice(property.start, property.end);
      const isEnv = computed ? /^['"`]env['"`]$/.test(name) : name === 'env';
      if (isEnv && /^((globalThis\.)?process|Bun|import\.meta)$/.test(owner)) found.readsEnvironment = true;
    },
    ForStatement: loops,
    ForInStatement: loops,
    ForOfStatement: loops,
    WhileStatement: loops,
    DoWhileStatement: loops,
    CatchClause: () => found.control.add('catches'),
    VariableDeclarator: ({ id, init }) => {
      if (id.type !== 'ObjectPattern' || init?.type !== 'Identifier' || init.name !== 'process') return;
      if (/\benv\b/.test(source.slice(id.start, id.end))) found.readsEnvironment = true;
    },
  }).visit(program);
  return found;
}

function isTypeOnly({ entries }: StaticImport): boolean {
  return entries.length > 0 && entries.every((entry) => entry.isType);
}

/** The text of a string literal; what is computed counts as ours, and is nowhere. */
function literal(expression: string): string {
  return /^(['"])(.*)\1$/.exec(expression)?.[2] ?? `?${expression}`;
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  if (/^(node:|\?)/.test(specifier)) return specifier;
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}
