/**
 * Makes an API key: `npm run new-key -- --id shop --scopes upload,read [--tenant shop]`. It prints the key, which is kept
 * nowhere else, and the entry for API_KEYS_FILE, which is no secret.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { KeyId, SCOPES, Scope } from '../../shared/domain/access.ts';
import { DEFAULT_TENANT, Tenant } from '../../shared/domain/ids.ts';
import { hashOf, type WrittenKey } from '../access/api-keys.ts';

const USAGE = `new-key --id NAME --scopes ${SCOPES.join(',')} [--tenant ${DEFAULT_TENANT}]\n`;
const EXIT_USAGE = 2;
const KEY_BYTES = 32;

const Arguments = z.object({
  id: KeyId,
  scopes: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(Scope, `takes some of ${SCOPES.join(', ')}, with commas between them`).min(1)),
  tenant: Tenant.default(DEFAULT_TENANT),
});

function argumentsOf(argv: string[]): z.infer<typeof Arguments> | string {
  const text = { type: 'string' } as const;
  try {
    const given = parseArgs({ args: argv, options: { id: text, scopes: text, tenant: text } }).values;
    const parsed = Arguments.safeParse(given);
    if (parsed.success) return parsed.data;
    return parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}\n`).join('');
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\n`;
  }
}

const asked = argumentsOf(process.argv.slice(2));
if (typeof asked === 'string') {
  process.stderr.write(`${asked}\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
} else {
  const key = `dk_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const entry: WrittenKey = { id: asked.id, hash: hashOf(key), tenant: asked.tenant, scopes: asked.scopes };
  process.stdout.write(`${key}\n${JSON.stringify(entry)}\n`);
}
