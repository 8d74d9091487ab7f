import type { Tenant } from '../../shared/domain/ids.ts';
import type { Caller } from './caller.ts';

/** On what ground a variant is read: it says whose the image has to be, and who may keep the answer. */
export interface Reading {
  /** Whose it has to be: of another's the reader learns nothing. Null: anybody's. */
  tenant: Tenant | null;
  /** Whoever has the address may read as well, so that shared caches may keep the answer under it. */
  isByAddress: boolean;
  /** How long the address is of use yet, in milliseconds; null: for ever. */
  leftMs: number | null;
  /** The address under which the same reader has another variant. */
  addressOf(path: string): string;
}

/** Where addresses are not signed: nobody can guess one. */
export const BY_ADDRESS: Reading = {
  tenant: null,
  isByAddress: true,
  leftMs: null,
  addressOf: (path) => path,
};

export const byKeyOf = ({ tenant }: Caller): Reading => ({ ...BY_ADDRESS, tenant, isByAddress: false });
