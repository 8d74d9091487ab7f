import { expect, test } from 'vitest';
import { memoryForPictures, memoryLimit, memoryOfWorker, workersFor } from '../../shared/memory-limit.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

test('the limit is that of the container, else most of the machine', () => {
  expect(memoryLimit(GIB, 16 * GIB)).toBe(GIB);
  // As Node and Bun tell that there is none.
  expect(memoryLimit(2 ** 64, 16 * GIB)).toBe(12 * GIB);
  expect(memoryLimit(16 * GIB, 16 * GIB)).toBe(12 * GIB);
  expect(memoryLimit(0, 16 * GIB)).toBe(12 * GIB);
});

test('pictures have what the service and its workers leave', () => {
  expect(memoryForPictures(2, GIB)).toBe(480 * MIB);
  expect(memoryForPictures(2, 3 * GIB)).toBe(2528 * MIB);
  // A phone's photo is to pass everywhere.
  expect(memoryForPictures(8, GIB)).toBe(128 * MIB);
});

test('a worker has no more than the container, but what its runtime reserves', () => {
  const least = process.versions.bun ? 3 * GIB : 2 * GIB;
  expect(memoryOfWorker(2, GIB)).toBe(least);
  expect(memoryOfWorker(2, 3 * GIB)).toBe(Math.max(least, 3 * GIB - 448 * MIB));
  expect(memoryOfWorker(2, 64 * GIB)).toBe(4 * GIB);
});

test('there are no more workers by default than there is memory for', () => {
  expect(workersFor(GIB)).toBe(5);
  expect(workersFor(GIB / 2)).toBe(1);
  expect(workersFor(GIB / 8)).toBe(1);
  expect(workersFor(16 * GIB)).toBeGreaterThan(64);
});
