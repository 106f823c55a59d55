import type {MetricObjectWithValues, MetricType, MetricValue} from 'prom-client';

/** One metric with all its samples: plain data, as prom-client's registries give and take it. */
export type MetricSamples = Omit<MetricObjectWithValues<MetricValue<string>>, 'collect'>;

interface TallyOptions {
  readonly name: string;
  readonly help: string;
}

/*
 * prom-client checks and joins the labels of every single observation: of a request's ten, that is a tenth of what a signature
 * takes. These look up what stands for the labels, and write it out when somebody asks.
 */

/** Counts by one label or two; of the second there may be none. */
export class CounterTally {
  readonly #options: TallyOptions & {readonly labels: readonly [string, string?]};
  readonly #counts = new Map<string, Map<string | number, number>>();

  constructor(options: TallyOptions & {readonly labels: readonly [string, string?]}) {
    this.#options = options;
  }

  add(first: string, second: string | number = ''): void {
    let counts = this.#counts.get(first);
    if (!counts) this.#counts.set(first, (counts = new Map<string | number, number>()));
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }

  samples(): MetricSamples {
    const {name, help, labels} = this.#options;
    const [firstLabel, secondLabel] = labels;
    const values = [...this.#counts].flatMap(([first, counts]) =>
      Array.from(counts, ([second, value]) => ({
        value,
        labels: {[firstLabel]: first, ...(secondLabel !== undefined && {[secondLabel]: second})},
      })),
    );
    return metric('counter', {name, help, values});
  }
}

/** How much there is of something now. */
export class Gauge {
  readonly #options: TallyOptions;
  #value = 0;

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  set(value: number): void {
    this.#value = value;
  }

  samples(): MetricSamples {
    return metric('gauge', {...this.#options, values: [{value: this.#value, labels: {}}]});
  }
}

interface Distribution {
  /** How many were at most each bound, and more than the one before; at the end those above all. */
  readonly counts: number[];
  sum: number;
}

/** How observations are distributed, by one label. */
export class HistogramTally {
  readonly #options: TallyOptions & {readonly label: string; readonly bounds: readonly number[]};
  readonly #distributions = new Map<string, Distribution>();

  /** @param options `bounds` ascending */
  constructor(options: TallyOptions & {readonly label: string; readonly bounds: readonly number[]}) {
    this.#options = options;
  }

  observe(label: string, value: number): void {
    const {bounds} = this.#options;
    let distribution = this.#distributions.get(label);
    if (!distribution) {
      distribution = {counts: Array.from({length: bounds.length + 1}, () => 0), sum: 0};
      this.#distributions.set(label, distribution);
    }
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? Infinity)) index++;
    distribution.counts[index] = (distribution.counts[index] ?? 0) + 1;
    distribution.sum += value;
  }

  samples(): MetricSamples {
    const {name, help, label, bounds} = this.#options;
    const values = [...this.#distributions].flatMap(([of, {counts, sum}]) => {
      let count = 0;
      const buckets = counts.map((more, index) => ({
        metricName: `${name}_bucket`,
        labels: {le: bounds[index] ?? '+Inf', [label]: of},
        value: (count += more),
      }));
      return [
        ...buckets,
        {metricName: `${name}_sum`, labels: {[label]: of}, value: sum},
        {metricName: `${name}_count`, labels: {[label]: of}, value: count},
      ];
    });
    return metric('histogram', {name, help, values});
  }
}

function metric(
  type: 'counter' | 'gauge' | 'histogram',
  samples: Pick<MetricSamples, 'name' | 'help' | 'values'>,
): MetricSamples {
  // prom-client's types have numbers where it has words.
  return {...samples, type: type as unknown as MetricType, aggregator: 'sum'};
}
