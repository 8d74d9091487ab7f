import { registerHooks } from 'node:module';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { workflowFiles } from './workflows.ts';

/** The package imports JSON without saying so, which bundlers take and Node does not. */
const hooks = registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return found.url.endsWith('.json') ? { ...found, importAttributes: { type: 'json' } } : found;
  },
});
const { validate } = await import('@actions/languageservice').finally(() => hooks.deregister());

/** A workflow of ours that another one calls is read from the tree. */
const fileProvider = {
  getFileContent: async (file: { path?: string }) => {
    const found = workflowFiles.find(({ path }) => path === file.path);
    if (!found) throw new Error(`there is no ${file.path}`);
    return { name: found.path, content: found.text };
  },
};

/**
 * What GitHub's own language service has against a workflow: by its schema, and what expressions may ask for.
 * @param path from the root of the repository
 */
export async function workflowFaults(path: string, text: string): Promise<string[]> {
  // It tells by the address what a document is, and keeps what it has read under it.
  const uri = `file:///${crypto.randomUUID()}/${path}`;
  const diagnostics = await validate(TextDocument.create(uri, 'yaml', 1, text), { fileProvider });
  return diagnostics.map(({ message, range }) => `${path}:${range.start.line + 1}: ${message}`);
}
