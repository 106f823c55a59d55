/** The origin of a server, such as `https://kms.example`. @throws Error whose message completes "--option …" */
export function parseServerUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new Error('must be an https URL, such as https://localhost:9443');
  const isOrigin =
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  if (!isOrigin) throw new Error('must be the URL of a server, without a path');
  return url.origin;
}

/** The URL of a keystore of that server. @throws Error whose message completes "--option …" */
export function parseKeystoreUrl(server: string): (text: string) => string {
  return (text) => {
    const prefix = `${server}/kms/keystores/`;
    if (text.startsWith(prefix) && /^[A-Za-z0-9_-]{1,128}$/.test(text.slice(prefix.length))) return text;
    throw new Error(`must be the URL of a keystore of the server: ${prefix}…`);
  };
}
