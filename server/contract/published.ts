import type { RouterRoute } from 'hono/types';
import { type AccessOf, contractOf } from './document.ts';
import { PAGE_POLICY, pageOf } from './page.ts';

/** The contract as it is served. */
export interface Published {
  json: string;
  page: string;
  /** What the page may load (CSP Level 3). */
  pagePolicy: string;
}

export function published(routes: readonly RouterRoute[], accessOf: AccessOf): Published {
  const contract = contractOf(routes, accessOf);
  return { json: JSON.stringify(contract), page: pageOf(contract), pagePolicy: PAGE_POLICY };
}
