import {listQuery, noQuery} from '../../../schemas/keys.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {parseQuery} from '../query.ts';
import type {EndpointRequest} from '../endpoint.ts';

const DEFAULT_PAGE_SIZE = 100;

const parseListQuery = createValidator('listQuery', listQuery);
const parseNoQuery = createValidator('query', noQuery);

/** Which page of a list is asked for. */
export interface PageOptions {
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** @throws ValidationError, MalformedRequestError */
export function readPageOptions({head}: EndpointRequest): PageOptions {
  return toPageOptions(parseListQuery(parseQuery(head.target)));
}

export function toPageOptions({
  limit,
  cursor,
}: {
  readonly limit?: string;
  readonly cursor?: string;
}): PageOptions {
  return {limit: limit === undefined ? DEFAULT_PAGE_SIZE : Number(limit), cursor};
}

/** For the routes that have no query: what is not understood is refused. @throws ValidationError, MalformedRequestError */
export function assertNoQuery({head}: EndpointRequest): void {
  if (head.target.includes('?')) parseNoQuery(parseQuery(head.target));
}
