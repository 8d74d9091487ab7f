import type { Command } from 'commander';

/** Makes an action of what a subcommand does, which says by which code the process ends. */
export type Ends = <A extends unknown[]>(
  run: (...given: A) => Promise<number>,
) => (...given: A) => Promise<void>;

/** As it stands in the list of commands. What it needs is loaded when it is asked for. */
export interface Subcommand {
  name: string;
  summary: string;
  load(): Promise<(ends: Ends) => Command>;
}
