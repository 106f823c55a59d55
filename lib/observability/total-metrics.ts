import {AggregatorRegistry, Registry} from 'prom-client';
import type {MetricSamples} from './tallies.ts';

/** Metrics of one process, as they go to another. */
export type MetricValues = readonly MetricSamples[];

/** Of what is not a sum, where prom-client would add it up or leave it out. */
const AGGREGATORS: ReadonlyMap<string, string> = new Map([
  ['process_start_time_seconds', 'min'],
  ['process_max_fds', 'min'],
]);

/** Metrics of several processes as those of one: sums, but for what is an average, a maximum or the same in all. */
export function totalMetrics(all: readonly MetricValues[]): Promise<MetricValues> {
  return aggregate(all).getMetricsAsJSON();
}

/** As `totalMetrics`, in the text of `/metrics`. */
export function renderTotal(all: readonly MetricValues[]): Promise<string> {
  return aggregate(all).metrics();
}

export const TOTAL_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** What goes on to count when its process has ended: a counter must never be less than it was. */
export function lasting(values: MetricValues): MetricValues {
  return values.filter(({type}) => ['counter', 'histogram'].includes(String(type)));
}

function aggregate(all: readonly MetricValues[]): Registry {
  const sets = all.map((values) =>
    values.map((metric) => {
      const aggregator = AGGREGATORS.get(metric.name);
      return aggregator === undefined ? metric : {...metric, aggregator};
    }),
  );
  return AggregatorRegistry.aggregate(sets);
}
