import { errorCode } from '../../../shared/errors.ts';

/** SQLSTATE of PostgreSQL (appendix A), and what is to be done. */
const BY_CODE: Record<string, string> = {
  '28P01': 'Set the user and the password in DATABASE_URL to those of a role of the server.',
  '28000':
    'Set the user in DATABASE_URL to a role of the server, and let it log in from here in pg_hba.conf.',
  '3D000': 'Create the database (`createdb`), or have DATABASE_URL name one that is there.',
  '53300': 'Raise max_connections of the server, or lower DATABASE_POOL of all nodes.',
  '57P03': 'Wait until the server has started: the same question again tells.',
  '42501': 'Grant the role of DATABASE_URL what it needs: the runbook, "Install on many machines".',
};

/** Host, port and database, without user and password. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** What the server or the system calls it, and nothing that may be secret. */
export function nameOfFailure(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const code = errorCode(inner);
  const message = inner instanceof Error ? inner.message : String(inner);
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

export function mendOfConnection(error: unknown, url: string): string {
  return (
    BY_CODE[errorCode(error) ?? ''] ??
    `See that PostgreSQL runs at ${placeOf(url)}, and that this machine may reach it: firewall, network policy, DNS, TLS.`
  );
}
