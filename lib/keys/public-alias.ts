import {parseTemplate} from 'url-template';
import {MalformedRequestError} from '../errors.ts';

const MAX_TEMPLATE_LENGTH = 2048;
/** Room for `did:key:{publicKeyMultibase}#{publicKeyMultibase}` of an ML-DSA-87 key (7.1 KB). */
const MAX_ALIAS_LENGTH = 8192;

// RFC 6570 §2. url-template passes through what it does not understand, so syntax is checked here.
const PERCENT = '%[0-9A-Fa-f]{2}';
const LITERAL = `[!#$&'()*+,\\-./0-9:;=?@A-Z[\\]_a-z~\\u{a0}-\\u{d7ff}\\u{e000}-\\u{10ffff}]|${PERCENT}`;
const VARIABLE_NAME = `(?:[A-Za-z0-9_]|${PERCENT})+(?:\\.(?:[A-Za-z0-9_]|${PERCENT})+)*`;
const VARIABLE = `${VARIABLE_NAME}(?::[1-9][0-9]{0,3}|\\*)?`;
const EXPRESSION = `\\{[+#./;?&]?${VARIABLE}(?:,${VARIABLE})*\\}`;
const TEMPLATE = new RegExp(`^(?:${LITERAL}|${EXPRESSION})+$`, 'u');

/** As most are: names alone in braces, and literals that stay what they are. */
const SIMPLE_TEMPLATE = /^(?:[#$&'()*+,\-./0-9:;=?@A-Z[\]_a-z~!]|\{[A-Za-z0-9_]+\})+$/;
const NAME_IN_BRACES = /\{([A-Za-z0-9_]+)\}/;
/** RFC 6570 §3.2.2 writes it as it is. */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;

// RFC 3986 §3 with a scheme: the characters, and one fragment at most.
const URI_CHARACTER = `(?:[A-Za-z0-9\\-._~:/?[\\]@!$&'()*+,;=]|${PERCENT})`;
const ABSOLUTE_URI = new RegExp(`^[A-Za-z][A-Za-z0-9+.\\-]*:${URI_CHARACTER}+(?:#${URI_CHARACTER}*)?$`);

/** What a template's variables may name: the members of a key description. */
export type AliasVariables = Readonly<Record<string, string | readonly string[]>>;

/** @returns `alias`. @throws MalformedRequestError where it is not an absolute URI (a fragment is welcome) of at most 8192 characters. */
export function checkPublicAlias(alias: string, name = 'publicAlias'): string {
  if (alias.length > MAX_ALIAS_LENGTH) {
    throw new MalformedRequestError(`"${name}" gives more than ${MAX_ALIAS_LENGTH} characters.`);
  }
  if (!ABSOLUTE_URI.test(alias)) {
    throw new MalformedRequestError(`"${name}" must give an absolute URI, such as "did:example:1#key-1".`);
  }
  return alias;
}

/**
 * Expands a URI template (RFC 6570, all four levels) of at most 2048 characters. Names that `variables` lacks expand
 * to nothing.
 * @throws MalformedRequestError where the template is not one, or what it gives is not an absolute URI.
 */
export function expandPublicAliasTemplate(template: string, variables: AliasVariables): string {
  if (template.length > MAX_TEMPLATE_LENGTH) {
    throw new MalformedRequestError(`"publicAliasTemplate" has more than ${MAX_TEMPLATE_LENGTH} characters.`);
  }
  if (!TEMPLATE.test(template)) {
    throw new MalformedRequestError('"publicAliasTemplate" must be a URI template (RFC 6570).');
  }
  return checkPublicAlias(
    expandSimply(template, variables) ?? expandFully(template, variables),
    'publicAliasTemplate',
  );
}

/** @returns undefined where the template, or a value that it names, is not so simple. */
function expandSimply(template: string, variables: AliasVariables): string | undefined {
  if (!SIMPLE_TEMPLATE.test(template)) return undefined;
  const [first = '', ...rest] = template.split(NAME_IN_BRACES);
  let expanded = first;
  for (let i = 0; i < rest.length; i += 2) {
    const [name = '', literal = ''] = [rest[i], rest[i + 1]];
    const value = Object.hasOwn(variables, name) ? variables[name] : '';
    if (typeof value !== 'string' || !UNRESERVED.test(value)) return undefined;
    expanded += value + literal;
  }
  return expanded;
}

function expandFully(template: string, variables: AliasVariables): string {
  // Without prototype, `{constructor}` names nothing.
  const context = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of Object.entries(variables)) {
    context[name] = typeof value === 'string' ? value : [...value];
  }
  return parseTemplate(template).expand(context);
}
