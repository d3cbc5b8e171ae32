import { expect, it } from 'vitest';
import { Counter, Gauge, Histogram, writeMetrics } from '../../src/serve/metrics.ts';

it('writes metrics in the text form of Prometheus', () => {
  const requests = new Counter('requests_total', 'Requests.');
  requests.add(1, { route: '/a', status: '200' });
  requests.add(2, { route: '/a', status: '200' });
  requests.add(1, { route: 'a "quoted"\\\n', status: '400' });
  const seconds = new Histogram('seconds', 'Time.', [0.1, 1]);
  for (const value of [0.1, 0.5, 2]) seconds.observe(value);
  expect(writeMetrics([requests, new Gauge('waiting', 'Waiting.', () => 4), seconds])).toBe(
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{route="/a",status="200"} 3',
      'requests_total{route="a \\"quoted\\"\\\\\\n",status="400"} 1',
      '# HELP waiting Waiting.',
      '# TYPE waiting gauge',
      'waiting 4',
      '# HELP seconds Time.',
      '# TYPE seconds histogram',
      'seconds_bucket{le="0.1"} 1',
      'seconds_bucket{le="1"} 2',
      'seconds_bucket{le="+Inf"} 3',
      'seconds_sum 2.6',
      'seconds_count 3',
      '',
    ].join('\n'),
  );
});
