import type {ErrorObject} from 'ajv/dist/2020.js';
import {CIDR_PATTERN} from '../../schemas/common.ts';
import type {ValidationIssue} from '../errors.ts';

/** What is wrong with a body is told up to here. */
const MAX_ISSUES = 16;

/** Formats are told as the pattern that a text of that format matches: the word existing clients look for. */
const FORMAT_PATTERNS: ReadonlyMap<string, string> = new Map([['cidr', CIDR_PATTERN]]);

/**
 * Turns Ajv's errors into issues with the words of Ajv 6, which existing clients test for (AUTHORIZATION §8). They name
 * members and rules of the schema, never a value or a name that the client sent.
 */
export function toValidationIssues(errors: readonly ErrorObject[]): readonly ValidationIssue[] {
  const issues = new Map<string, ValidationIssue>();
  for (const error of errors) {
    // Says only that what was said before is so.
    if (error.keyword === 'if') continue;
    const message = messageOf(error);
    const path = pathOf(error.instancePath);
    const keyword = error.keyword === 'format' ? 'pattern' : error.keyword;
    issues.set(`${path} ${message}`, {name: 'ValidationError', message, details: {path, keyword}});
    if (issues.size === MAX_ISSUES) break;
  }
  return [...issues.values()];
}

function messageOf({keyword, params, message = 'must be valid'}: ErrorObject): string {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'minLength':
      return `should NOT be shorter than ${limit} characters`;
    case 'maxLength':
      return `should NOT be longer than ${limit} characters`;
    case 'format': {
      const pattern = FORMAT_PATTERNS.get(String(params['format']));
      return pattern === undefined ? 'should match its format' : `should match pattern "${pattern}"`;
    }
    default:
      return message.replace(/^must\b/, 'should');
  }
}

/** A JSON Pointer (RFC 6901) as JavaScript would write the access: `/ipAllowList/0` is `.ipAllowList[0]`. */
function pathOf(pointer: string): string {
  let path = '';
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^\d+$/.test(name)) path += `[${name}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(name)) path += `.${name}`;
    else path += `['${name}']`;
  }
  return path;
}
