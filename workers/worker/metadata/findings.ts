import { METADATA_KINDS, type MetadataKind } from '../../../shared/domain/description.ts';
import { DamagedMetadata } from './input-bytes.ts';

/** What an original tells beside its pixels. Of the values only these two are kept, as they stand there. */
export interface FoundMetadata {
  /** In the order of {@link METADATA_KINDS}. */
  found: MetadataKind[];
  copyright: string | null;
  artist: string | null;
}

/** Collects what is found, block by block. */
export class Findings {
  readonly #kinds = new Set<MetadataKind>();
  #copyright: string | null = null;
  #artist: string | null = null;

  add(...kinds: readonly MetadataKind[]): void {
    for (const kind of kinds) this.#kinds.add(kind);
  }

  /** The first one counts. */
  addCopyright(text: string): void {
    this.add('copyright');
    this.#copyright ??= text;
  }

  /** The first one counts. */
  addArtist(text: string): void {
    this.add('artist');
    this.#artist ??= text;
  }

  /** Looks into one block: where it is damaged, what it has told before counts, and the others go on. */
  lookInto(look: () => void): void {
    try {
      look();
    } catch (error) {
      if (!(error instanceof DamagedMetadata)) throw error;
    }
  }

  get found(): FoundMetadata {
    return {
      found: METADATA_KINDS.filter((kind) => this.#kinds.has(kind)),
      copyright: this.#copyright,
      artist: this.#artist,
    };
  }
}
