import type {MetricType} from 'prom-client';
import type {MetricValues} from '../observability/total-metrics.ts';
import {listUpTo, membersOf, oneOf, refuse, textUpTo} from './worker-messages.ts';

type Metric = MetricValues[number];
type Sample = Metric['values'][number];

const TYPES = ['counter', 'gauge', 'histogram'];
const AGGREGATORS = ['sum', 'first', 'min', 'max', 'average', 'omit'];
/** Several times as many as a server has that is asked for all that there is. */
const MAX_METRICS = 500;
const MAX_SAMPLES = 10_000;
const MAX_LABELS = 8;
const MAX_TEXT = 1000;

/** Those of the server, of its process and of Node.js: none that an object has from its prototype. */
const NAME = /^(?:webkms|process|nodejs)_[a-z0-9_]{1,100}$/;
const SUFFIX = /^(?:|_bucket|_sum|_count)$/;
const LABEL = /^[a-z][a-z0-9_]{0,50}$/;

/**
 * What a worker says it has counted, made anew: such as can be added to what others have counted, and is never less for it.
 * @throws WorkerMessageError
 */
export function metricValues(payload: unknown): MetricValues {
  const values = listUpTo(MAX_METRICS, payload).map(metric);
  const samples = values.reduce((sum, {values: {length}}) => sum + length, 0);
  return samples <= MAX_SAMPLES ? values : refuse('so few samples');
}

function metric(value: unknown): Metric {
  const {name, help, type, aggregator, values} = membersOf(value);
  const called = matching(NAME, name);
  const kind = oneOf(TYPES, type);
  const counts = kind !== 'gauge';
  return {
    name: called,
    help: textUpTo(MAX_TEXT, help),
    // prom-client's types have numbers where it has words.
    type: kind as unknown as MetricType,
    // What counts, no worker leaves out for all.
    aggregator: counts ? 'sum' : (oneOf(AGGREGATORS, aggregator) as Metric['aggregator']),
    values: listUpTo(MAX_SAMPLES, values).map((item) => sample(item, called, counts)),
  };
}

function sample(item: unknown, name: string, counts: boolean): Sample {
  const {value, metricName, labels} = membersOf(item);
  if (typeof value !== 'number' || (counts && !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)))
    return refuse('a number that can be added');
  const parsed = {value, labels: labelsOf(labels)};
  if (metricName === undefined) return parsed;
  const text = textUpTo(MAX_TEXT, metricName);
  if (!text.startsWith(name) || !SUFFIX.test(text.slice(name.length))) refuse('a name of that metric');
  return Object.assign(parsed, {metricName: text});
}

function labelsOf(value: unknown): Sample['labels'] {
  const labels = Object.entries(membersOf(value));
  if (labels.length > MAX_LABELS) refuse('so few labels');
  return Object.fromEntries(
    labels.map(([name, word]) => [
      matching(LABEL, name),
      typeof word === 'number' ? word : textUpTo(MAX_TEXT, word),
    ]),
  );
}

function matching(pattern: RegExp, value: unknown): string {
  const text = textUpTo(MAX_TEXT, value);
  return pattern.test(text) ? text : refuse('such a name');
}
