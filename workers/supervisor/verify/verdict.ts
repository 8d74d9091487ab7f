import type { MetadataKind } from '../../../shared/domain/description.ts';
import { BadOutput } from '../bad-output.ts';

/** What the header of an output says, after all of the file was found to be a picture and no more. */
export interface Seen {
  width: number;
  height: number;
  /** 1 for a still picture. */
  frames: number;
  /** What it has of the metadata of its original: none, or those that it was allowed to keep. */
  kept: readonly MetadataKind[];
}

/** Not the file of a picture as our encoders write it. */
export const malformed = (reason: string): BadOutput => new BadOutput(reason);

/** It would tell more than the picture. */
export const carries = (what: string): BadOutput => new BadOutput(`carries ${what}`, 'metadata_left');

/** XMP, of which it is told apart whether it says where the picture was taken. */
export const carriesXmp = (packet: Buffer): BadOutput =>
  carries(packet.includes('GPSL') ? 'a position' : 'XMP');
