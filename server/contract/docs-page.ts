import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Contract } from './document.ts';

/** So much of the contract as the page shows; it was made by us a moment ago. */
const Schema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), Schema).optional(),
    items: Schema.optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    anyOf: z.array(Schema).optional(),
  }),
);
interface JsonSchema {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  description?: string | undefined;
  properties?: Record<string, JsonSchema> | undefined;
  items?: JsonSchema | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  anyOf?: JsonSchema[] | undefined;
}

const Content = z.record(z.string(), z.object({ schema: Schema.optional() }));
const Operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string(),
  parameters: z
    .array(z.object({ in: z.string(), name: z.string(), required: z.boolean().optional(), schema: Schema }))
    .default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: Content.default({}) })),
});
const Shown = z.object({
  info: z.object({ title: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 0.9em/1.5 ui-monospace, monospace; }
h2 { margin-top: 2.5rem; border-top: 1px solid; padding-top: 1rem; }
h2 code { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 1rem 0.25rem 0; border-bottom: 1px solid #8884; }
nav ul { columns: 20rem; padding-left: 1rem; }
`;

/** It may load and run nothing but its own style. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** The contract as a page to read: plain HTML, without a script. */
export function pageOf(contract: Contract): string {
  const { info, paths, components } = Shown.parse(contract);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...operation,
    })),
  );
  const schemas = Object.entries(components.schemas);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${info.title}: the contract</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${info.title}</h1>
<p>${prose(info.description)}</p>
<p>For tools: <a href="openapi.json">openapi.json</a></p>
<nav><ul>${operations.map(({ operationId, name }) => `<li><a href="#${operationId}"><code>${escaped(name)}</code></a></li>`).join('')}</ul></nav>
<main>
${operations.map(operationSection).join('\n')}
<h1>What answers hold</h1>
${schemas.map(([name, schema]) => schemaSection(name, schema)).join('\n')}
</main>
</body>
</html>
`;
}

type Named = z.output<typeof Operation> & { name: string };

function operationSection({ operationId, name, summary, description, ...rest }: Named): string {
  const { parameters, requestBody, responses } = rest;
  const takes = parameters.map((it) => [
    `<code>${escaped(it.name)}</code>`,
    `${it.in}${it.required ? ', required' : ''}`,
    typeOf(it.schema),
    prose(it.schema.description ?? ''),
  ]);
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => [
    `<code>${escaped(type)}</code>`,
    'body',
    schema ? typeOf(schema) : '',
    fieldsOf(schema),
  ]);
  const answers = Object.entries(responses).map(([status, answer]) => [
    `<code>${status}</code>`,
    Object.entries(answer.content).map(contentOf).join('<br>'),
    prose(answer.description),
  ]);
  return `<section id="${operationId}">
<h2><code>${escaped(name)}</code></h2>
<p>${prose(summary)}. ${prose(description)}</p>
${table(['Takes', 'In', 'Is', ''], [...takes, ...bodies])}
${table(['Answers', 'With', ''], answers)}
</section>`;
}

const contentOf = ([type, { schema }]: [string, { schema?: JsonSchema | undefined }]): string =>
  schema?.$ref ? typeOf(schema) : `<code>${escaped(type)}</code>`;

const fieldsOf = (schema: JsonSchema | undefined): string =>
  Object.keys(schema?.properties ?? {})
    .map((field) => `<code>${escaped(field)}</code>`)
    .join(', ');

function schemaSection(name: string, schema: JsonSchema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([field, of]) => [
    `<code>${escaped(field)}</code>`,
    typeOf(of),
    prose(of.description ?? ''),
  ]);
  return `<section id="schema-${name}">
<h2>${name}</h2>
<p>${prose(schema.description ?? '')}</p>
${table(['Member', 'Is', ''], rows)}
</section>`;
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.const !== undefined) return `<code>${escaped(JSON.stringify(schema.const))}</code>`;
  if (schema.enum) return schema.enum.map((value) => `<code>${escaped(String(value))}</code>`).join(', ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).map(escaped).join(', ')} }`;
  return escaped([schema.type ?? ''].flat().join(' or '));
}

function table(heads: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<table>\n<tr>${head}</tr>\n${body}\n</table>`;
}

/** Text in which backquotes stand around code. */
const prose = (text: string): string => escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>');

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
