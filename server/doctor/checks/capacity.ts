import { availableParallelism } from 'node:os';
import type { Config } from '../../../shared/config.ts';
import { memoryForPictures, memoryLimit, workersFor } from '../../../shared/memory-limit.ts';
import { type Finding, ok, warn } from '../finding.ts';

const MIB = 1024 * 1024;

/** @param memory that all processes of the service may have together, in bytes */
export function capacityFindings(
  { workers, memoryBudgetBytes, role }: Pick<Config, 'workers' | 'memoryBudgetBytes' | 'role'>,
  cores = availableParallelism(),
  memory = memoryLimit(),
): Finding[] {
  if (role === 'api') return [ok('workers', 'none: this node is an api')];
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  const most = Math.min(cores, workersFor(memory));
  const told = `N_WORKERS=${workers} for ${cores} cores and ${mib(memory)}`;
  const findings: Finding[] = [];
  if (workers > workersFor(memory))
    findings.push(
      warn(
        'workers',
        `${told}: too little memory for so many`,
        `Set N_WORKERS=${most}, or allow more memory.`,
      ),
    );
  else if (workers > cores)
    findings.push(
      warn('workers', `${told}: they wait for each other`, `Set N_WORKERS=${most}, or leave it unset.`),
    );
  else findings.push(ok('workers', told));
  const left = memoryForPictures(workers, memory);
  findings.push(
    memoryBudgetBytes > left
      ? warn(
          'memory',
          `MEMORY_BUDGET lets pictures take ${mib(memoryBudgetBytes)} of ${mib(left)} that are left for them: the kernel may end the service`,
          'Leave MEMORY_BUDGET unset, or allow more memory.',
        )
      : ok('memory', `${mib(memoryBudgetBytes)} for pictures`),
  );
  return findings;
}
