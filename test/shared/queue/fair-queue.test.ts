import { describe, expect, test } from 'vitest';
import { Tenant } from '../../../shared/domain/ids.ts';
import { FairQueue } from '../../../shared/queue/fair-queue.ts';

const SHOP = Tenant.parse('shop');
const FORUM = Tenant.parse('forum');
const item = (name: string) => ({ name });

function queueOf(...items: [Tenant, string][]) {
  const queue = new FairQueue<{ name: string }>();
  for (const [tenant, name] of items) queue.push(tenant, item(name));
  return queue;
}

function drain(queue: FairQueue<{ name: string }>): string[] {
  const names: string[] = [];
  for (let next = queue.take(); next; next = queue.take()) names.push(next.name);
  return names;
}

describe('a fair queue', () => {
  test('gives in the order of coming, and tenants in turn', () => {
    const queue = queueOf([SHOP, 's1'], [SHOP, 's2'], [SHOP, 's3'], [FORUM, 'f1'], [FORUM, 'f2']);
    expect(queue.peek()).toEqual(item('s1'));
    expect([...queue].map(({ name }) => name).sort()).toEqual(['f1', 'f2', 's1', 's2', 's3']);
    expect(drain(queue)).toEqual(['s1', 'f1', 's2', 'f2', 's3']);
    expect(queue.peek()).toBeUndefined();
  });

  test('has one put before all others', () => {
    const queue = queueOf([SHOP, 's1'], [FORUM, 'f1']);
    queue.putFirst(FORUM, item('f0'));
    expect(drain(queue)).toEqual(['f0', 's1', 'f1']);
  });

  test('passes what does not fit, and leaves it in its place', () => {
    const queue = queueOf([SHOP, 'large'], [SHOP, 's2'], [FORUM, 'f1']);
    const fits = ({ name }: { name: string }) => name !== 'large';
    expect(queue.take(fits)).toEqual(item('s2'));
    expect(queue.take(fits)).toEqual(item('f1'));
    expect(queue.take(fits)).toBeUndefined();
    expect(drain(queue)).toEqual(['large']);
  });

  test('forgets what is removed, and whoever has nothing', () => {
    const queue = new FairQueue<{ name: string }>();
    const [first, second] = [item('s1'), item('s2')];
    queue.push(SHOP, first);
    queue.push(SHOP, second);
    expect(queue.counts()).toEqual(new Map([[SHOP, 2]]));
    queue.remove(SHOP, first);
    queue.remove(SHOP, first);
    queue.remove(FORUM, first);
    expect(queue.peek()).toBe(second);
    queue.remove(SHOP, second);
    expect(queue.counts()).toEqual(new Map());
  });
});
