/** What one server counts. */
import type { EngineClient } from './engine-client.ts';
import { Counter, Gauge, Histogram, writeMetrics } from './metrics.ts';

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const sizes = [1, 2, 4, 8, 16, 32, 64, 128];

/** The metrics of a server; those of the model come by themselves. */
export function serverMetrics(engine: EngineClient) {
  const metrics = {
    requests: new Counter('sparse_requests_total', 'Requests answered, by route and status.'),
    tokens: new Counter('sparse_tokens_total', 'Tokens read from prompts and generated, by kind.'),
    dropped: new Counter('sparse_dropped_total', 'Completions ended before their end, by reason.'),
    waiting: new Gauge('sparse_requests_waiting', 'Requests that wait for the model.', () => engine.waiting),
    running: new Gauge(
      'sparse_sequences_running',
      'Completions that are being decoded.',
      () => engine.running,
    ),
    silent: new Gauge(
      'sparse_model_silent_seconds',
      'For how long the model has owed an answer.',
      () => engine.silentMs / 1000,
    ),
    batch: new Histogram('sparse_batch_size', 'Completions that one decoder step went on with.', sizes),
    round: new Histogram('sparse_step_seconds', 'Time of one round of the model.', seconds),
    firstToken: new Histogram(
      'sparse_first_token_seconds',
      'Time from a request to its first token.',
      seconds,
    ),
    duration: new Histogram('sparse_request_seconds', 'Time from a request to its last token.', seconds),
  };
  engine.watch((round) => {
    if (round.stepped > 0) metrics.batch.observe(round.stepped);
    metrics.round.observe(round.seconds);
  });
  return { ...metrics, write: () => writeMetrics(Object.values(metrics)) };
}

/** The metrics of a server. */
export type ServerMetrics = ReturnType<typeof serverMetrics>;
