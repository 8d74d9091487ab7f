/** Nothing more is moved: what the message says has to be put right first. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}
