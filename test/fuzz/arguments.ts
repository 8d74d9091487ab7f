import { z } from 'zod';
import { readFlags, settingsOf } from '../helpers/command-line.ts';

export const USAGE =
  'fuzz [--minutes 10 | --pictures N --requests N] [--seed N] [--runtime node|bun]\n' +
  '     [--folder DIR of more pictures] [--case picture-N|request-N]\n';

const MOST_SEEDS = 2 ** 31;
const USUAL_MINUTES = 10;

const count = z.coerce.number().int().nonnegative();

const Settings = z
  .object({
    minutes: z.coerce.number().positive().optional(),
    /** How many there are to be; without either, as many as the minutes hold, five pictures to a request. */
    pictures: count.optional(),
    requests: count.optional(),
    /** Without one, another each time; the report says which. */
    seed: count.default(() => Date.now() % MOST_SEEDS),
    runtime: z.enum(['node', 'bun']).default('node'),
    folder: z.string().min(1).optional(),
    /** This one alone. */
    case: z
      .string()
      .regex(/^(?:picture|request)-\d{1,9}$/, 'picture-N or request-N')
      .optional(),
  })
  .transform((given) => {
    const isCounted =
      given.pictures !== undefined || given.requests !== undefined || given.case !== undefined;
    const minutes = given.minutes ?? (isCounted ? Number.POSITIVE_INFINITY : USUAL_MINUTES);
    const {
      pictures = isCounted ? 0 : Number.POSITIVE_INFINITY,
      requests = isCounted ? 0 : Number.POSITIVE_INFINITY,
    } = given;
    return { ...given, minutes, pictures, requests };
  });
export type Settings = z.infer<typeof Settings>;

/** @throws {UsageError} naming every fault at once */
export function readArguments(argv: readonly string[]): Settings {
  const text = { type: 'string' } as const;
  const flags = readFlags(argv, {
    minutes: text,
    pictures: text,
    requests: text,
    seed: text,
    runtime: text,
    folder: text,
    case: text,
  });
  return settingsOf(Settings, flags);
}
