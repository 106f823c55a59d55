import type {Page} from './keystore-config-store.ts';

const PAGE_SIZE = 200;

/** Everything that a store lists in pages, page by page: what it takes does not depend on how much there is. */
export async function* eachOf<T>(
  list: (options: {readonly limit: number; readonly cursor?: string}) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await list({limit: PAGE_SIZE, ...(cursor !== undefined && {cursor})});
    yield* page.results;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
