import type { z } from 'zod';
import type * as answers from '../contract/answers.ts';
import type * as operatorAnswers from '../contract/operator-answers.ts';

/** What the service answers, as its contract has it. */
export type ImageAnswer = z.output<typeof answers.ImageAnswer>;
export type JobAnswer = z.output<typeof answers.JobWithRunsAnswer>;
export type JobPage = z.output<typeof answers.JobPage>;
export type QuarantinePage = z.output<typeof operatorAnswers.QuarantinePage>;
export type VariantAnswer = ImageAnswer['variants'][number];
export type { Lapse, OpsState } from '../contract/ops-answer.ts';
