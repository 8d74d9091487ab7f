/** Does something with each, so many at once. When one fails no more are begun, and those that go on are awaited. */
export async function atOnce<T>(
  most: number,
  items: AsyncGenerator<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const workers = Array.from({ length: most }, async () => {
    // Whoever leaves the loop by a failure ends it for all.
    for await (const item of items) await work(item);
  });
  const failed = (await Promise.allSettled(workers)).find((it) => it.status === 'rejected');
  if (failed) throw failed.reason;
}
