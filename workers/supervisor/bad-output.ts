import type { FailureCode } from '../../shared/domain/job.ts';

/**
 * What the worker left behind is not what it was asked for, or not what it says; `metadata_left`: it is, but would
 * tell more than a picture may.
 */
export class BadOutput extends Error {
  override readonly name = 'BadOutput';
  readonly failure: Extract<FailureCode, 'protocol_error' | 'metadata_left'>;

  constructor(reason: string, failure: BadOutput['failure'] = 'protocol_error') {
    super(reason);
    this.failure = failure;
  }

  /** The same reason, said of a file. */
  of(fileName: string): BadOutput {
    return new BadOutput(`${fileName} ${this.message}`, this.failure);
  }
}
