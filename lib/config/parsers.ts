import {availableParallelism, homedir} from 'node:os';
import {join, resolve} from 'node:path';

/**
 * Text of one setting → its value. A parser throws an `Error` whose message completes "WEBKMS_X …" and never
 * repeats the text.
 */
export type Parser<T> = (text: string) => T;

/** A rate: at most `points` in any window of `seconds`. */
export interface Rate {
  readonly points: number;
  readonly seconds: number;
}

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = {s: 1, m: 60, h: 3600, d: 86_400};

/** Nothing given → undefined. */
export function optional<T>(parse: Parser<T>): Parser<T | undefined> {
  return (text) => (text === '' ? undefined : parse(text));
}

/** The word `off` → undefined. */
export function offOr<T>(parse: Parser<T>): Parser<T | undefined> {
  return (text) => (text === 'off' ? undefined : parse(text));
}

/** The word `unlimited` → undefined. */
export function unlimitedOr<T>(parse: Parser<T>): Parser<T | undefined> {
  return (text) => (text === 'unlimited' ? undefined : parse(text));
}

export function oneOf<const T extends string>(...words: readonly T[]): Parser<T> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new Error(`must be one of: ${words.join(', ')}`);
    return word;
  };
}

/** Comma separated; nothing given → an empty list. */
export function listOf<T>(parse: Parser<T>): Parser<readonly T[]> {
  return (text) => (text === '' ? [] : text.split(',').map((item) => parse(item.trim())));
}

export function integer(min: number, max: number): Parser<number> {
  return (text) => {
    const value = /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) throw new Error(`must be a whole number from ${min} to ${max}`);
    return value;
  };
}

/** `10s`, `15m`, `24h` or `90d` → seconds. */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^([1-9][0-9]{0,8})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (SECONDS_PER_UNIT[unit ?? ''] ?? NaN);
  if (Number.isNaN(seconds)) throw new Error('must be a duration such as 10s, 15m, 24h or 90d');
  return seconds;
}

/** Some durations are handed to timers, which overflow: bounded. */
export function durationUpTo(limit: string): Parser<number> {
  const limitSeconds = parseDuration(limit);
  return (text) => {
    const seconds = parseDuration(text);
    if (seconds > limitSeconds) throw new Error(`must be at most ${limit}`);
    return seconds;
  };
}

/** `600/1s` */
export function parseRate(text: string): Rate {
  const [, points, duration] = /^([1-9][0-9]{0,8})\/([0-9]+[smh])$/.exec(text) ?? [];
  if (points === undefined || duration === undefined) {
    throw new Error('must be a rate such as 600/1s (requests per s, m or h), or off');
  }
  return {points: Number(points), seconds: durationUpTo('24h')(duration)};
}

/** Relative paths are taken from the working directory; `~/` is the user's home. */
export function parsePath(text: string): string {
  if (text.includes('\0')) throw new Error('must be a path without NUL');
  return text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(text);
}

const MAX_WORKERS = 64;

/** A number of processes; `auto`: as many as there are processors for this one. */
export function parseWorkers(text: string): number {
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS);
  try {
    return integer(1, MAX_WORKERS)(text);
  } catch {
    throw new Error(`must be a whole number from 1 to ${MAX_WORKERS}, or auto`);
  }
}
