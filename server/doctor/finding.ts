/** `warn`: it works, and somebody should look at it; `fail`: the service would not start, or would not work. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** What was found out about one thing. */
export interface Finding {
  /** What was examined, such as `port`, or the variable that names it. */
  check: string;
  verdict: Verdict;
  /** What there is, or what is wrong with it. */
  told: string;
  /** What somebody has to do about it, in a sentence; null where nothing is wrong. */
  mend: string | null;
}

export const ok = (check: string, told: string): Finding => ({ check, verdict: 'ok', told, mend: null });

export const warn = (check: string, told: string, mend: string): Finding => ({
  check,
  verdict: 'warn',
  told,
  mend,
});

export const fail = (check: string, told: string, mend: string): Finding => ({
  check,
  verdict: 'fail',
  told,
  mend,
});
