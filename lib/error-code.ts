/**
 * The `code` of an error of Node or of a driver (`ENOENT`, `ERR_…`, an SQLSTATE). What is thrown is `unknown`: anything may be.
 * @returns undefined where there is none, or it is no text
 */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
