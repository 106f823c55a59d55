/** What libraries of others are configured by. None of ours, which may be secrets, and nothing that would change how Node runs. */
export function libraryEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  const given = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || /^(?:WEBKMS_|NODE_|npm_|LD_)/.test(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(given);
}
