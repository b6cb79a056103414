// One look at the speaker for all gauges of a scrape.

/** Gauges of one scrape collect at the same time and share one look at the speaker. */
export function shareRefresh(refresh: () => Promise<void>): () => Promise<void> {
  let pending: Promise<void> | undefined;
  return () => {
    pending ??= refresh().finally(() => (pending = undefined));
    return pending;
  };
}
