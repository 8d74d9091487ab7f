/**
 * Waits for all, so that nothing is under way any more, and then fails if one has. What came after a rollback would be of no
 * transaction, or of another one.
 */
export async function all<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((it) => it.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((it) => (it.status === 'fulfilled' ? it.value : undefined)) as {
    -readonly [I in keyof T]: Awaited<T[I]>;
  };
}
