import type {Method} from './connection.ts';

/** What goes in the place of what the encoding does not have. */
type Carried<T> = T extends ReadonlyMap<infer K, infer V> ? readonly (readonly [K, V])[] : T;

/** How each method of an interface is carried: no method is missing, and no other is there. */
export type MethodsOf<Interface> = {
  readonly [M in keyof Interface]-?: Interface[M] extends (...parameters: infer P) => Promise<infer R>
    ? Method<P, Carried<R>>
    : never;
};
