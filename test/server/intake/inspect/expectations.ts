import { expect } from 'vitest';
import { inspect } from '../../../../server/intake/inspect/inspect.ts';
import type { Inspection } from '../../../../server/intake/inspect/inspection.ts';
import type { InputFormat } from '../../../../shared/domain/image.ts';
import { CountingSource } from '../../../fixtures/headers/counting-source.ts';

export function inspectBytes(bytes: Uint8Array): Promise<Inspection> {
  return inspect(new CountingSource(bytes));
}

export function imageOf(format: InputFormat, width: number, height: number, frames = 1): Inspection {
  return { kind: 'image', header: { format, width, height, frames }, heldBytesPerPixel: expect.any(Number) };
}

export function damagedBecause(format: InputFormat | 'heif', reason: string): Inspection {
  return { kind: 'damaged', format, reason };
}
