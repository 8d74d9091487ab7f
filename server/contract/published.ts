import type { RouterRoute } from 'hono/types';
import { PAGE_POLICY, pageOf } from './docs-page.ts';
import { type AccessOf, contractOf } from './document.ts';

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
