import { z } from 'zod';

/** A column that holds JSON: checked when it is read, like everything else from outside the process. */
export function jsonColumn<T extends z.ZodType>(schema: T) {
  return z.string().transform((text, context): z.output<T> => {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'not the JSON that this column holds' });
    return z.NEVER;
  });
}
