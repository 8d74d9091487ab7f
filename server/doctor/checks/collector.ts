import type { Config } from '../../../shared/config.ts';
import { type Finding, ok, warn } from '../finding.ts';

const CHECK = 'collector';
const ANSWER_MS = 3_000;
const MEND =
  'See that a collector takes OTLP over HTTP there (port 4318), or unset OTEL_EXPORTER_OTLP_ENDPOINT: the service works without.';

/** Whether it takes traces: it is sent none. */
export async function collectorFindings({ otlpEndpoint }: Pick<Config, 'otlpEndpoint'>): Promise<Finding[]> {
  if (otlpEndpoint === null) return [];
  try {
    const answer = await fetch(`${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return [ok(CHECK, `${otlpEndpoint} takes traces`)];
    return [warn(CHECK, `${otlpEndpoint} answers with ${answer.status}`, MEND)];
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return [
      warn(CHECK, `${otlpEndpoint} does not answer: ${cause instanceof Error ? cause.message : cause}`, MEND),
    ];
  }
}
