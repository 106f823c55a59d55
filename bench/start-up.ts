// What a start costs: CPU from the first instruction to `listening`, and memory once idle. Linux only (/proc).
//   node bench/start-up.ts
import {measureStartUp} from './measures/start-up.ts';
import {figureOf} from './speed/statistics.ts';

const RUNS = 5;

const {first, warm} = await measureStartUp({runs: RUNS});
console.log(`first start: ${first.cpuSeconds.toFixed(2)} s of CPU to listening`);
console.log(
  `warm starts: ${figureOf(warm.map(({cpuSeconds}) => cpuSeconds)).median.toFixed(2)} s of CPU to listening, ` +
    `${figureOf(warm.map(({rssMB}) => rssMB)).median.toFixed(0)} MB resident when idle (medians of ${RUNS})`,
);
