/** Writes THIRD_PARTY.md anew, from the lock file: `npm run licences`. */
import { writeFileSync } from 'node:fs';
import { ROOT } from './lock-file.ts';
import { thirdParty } from './third-party.ts';

writeFileSync(`${ROOT}THIRD_PARTY.md`, thirdParty());
