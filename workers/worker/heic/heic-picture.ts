import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from '../../../shared/errors.ts';
import { failureOf, HeifFailure, outOfMemory, pictureTooLarge } from './heif-failure.ts';
import type { Libheif, Pointer } from './libheif.ts';

/** Upright, 8 bits a channel, in the colours of the file. */
export interface HeicPicture {
  width: number;
  height: number;
  channels: 3 | 4;
  pixels: Uint8Array<ArrayBuffer>;
  /** The ICC profile of the file. */
  profile: Uint8Array<ArrayBuffer> | null;
  /** The colour primaries by the numbers of ITU-T H.273, where there is no profile; null where the file tells none. */
  primaries: number | null;
}

// Of libheif's headers heif_image.h, heif_error.h, heif_decoding.h, heif_security.h and heif_color.h (1.23), with
// pointers of four bytes.
const COLOURSPACE_RGB = 1;
const CHROMA_INTERLEAVED = { 3: 10, 4: 11 } as const;
const CHANNEL_INTERLEAVED = 10;
const ERROR_BYTES = 12;
const OPTION_CONVERT_TO_8_BIT = 20;
const OPTION_STRICT = 21;
const LIMIT_PIXELS = 8;
const LIMIT_TILES = 16;
const NCLX_PRIMARIES = 4;

/**
 * What is coded may be larger than what is shown, by parts of units of up to 64 pixels and of tiles. How much it may be for the
 * picture at hand libheif works out of its header, and refuses more before it decodes.
 */
const CODED_FOR_SHOWN = 2;

/** 50 megapixels in tiles of 256 are 763, and phones have tiles of 512. */
const TILES_AT_MOST = 4096;

/**
 * Decodes the primary picture of a file, turned as the file asks for (`irot`, `imir`, `clap`); orientation in EXIF, which says
 * the same once more, is left alone (ISO/IEC 23008-12, annex A.2). Nothing is freed: the memory goes with the thread.
 * @throws {HeifFailure} when libheif gives no picture, or the file cannot be opened
 * @throws {Error} when the file cannot be read
 */
export function decodePicture(heif: Libheif, path: string, maxPixels: number): HeicPicture {
  const file = readInto(heif, path);
  const error = allocate(heif, ERROR_BYTES);
  const out = allocate(heif, 4);
  const resultOf = (call: () => void): Pointer => {
    call();
    throwIfSet(heif, error);
    return view(heif).getUint32(out, true);
  };

  const context = heif._heif_context_alloc();
  const limits = heif._heif_context_get_security_limits(context);
  view(heif).setBigUint64(limits + LIMIT_PIXELS, BigInt(CODED_FOR_SHOWN * maxPixels), true);
  view(heif).setBigUint64(limits + LIMIT_TILES, BigInt(TILES_AT_MOST), true);
  resultOf(() => heif._heif_context_read_from_memory_without_copy(error, context, file.at, file.bytes, 0));
  const handle = resultOf(() => heif._heif_context_get_primary_image_handle(error, context, out));
  const declared = heif._heif_image_handle_get_width(handle) * heif._heif_image_handle_get_height(handle);
  if (declared > maxPixels) throw pictureTooLarge();

  const channels = heif._heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
  const chroma = CHROMA_INTERLEAVED[channels];
  const options = heif._heif_decoding_options_alloc();
  heif.HEAPU8[options + OPTION_CONVERT_TO_8_BIT] = 1;
  heif.HEAPU8[options + OPTION_STRICT] = 1;
  const image = resultOf(() => heif._heif_decode_image(error, handle, out, COLOURSPACE_RGB, chroma, options));
  const { width, height, pixels } = packedPixels(heif, image, channels, out);
  if (channels === 4 && heif._heif_image_handle_is_premultiplied_alpha(handle)) divideByAlpha(pixels);
  return { width, height, channels, pixels, ...coloursOf(heif, handle, error, out) };
}

/** The file, straight into the memory of the decoder. */
function readInto(heif: Libheif, path: string): { at: Pointer; bytes: number } {
  const file = openPicture(path);
  try {
    const bytes = fstatSync(file).size;
    const at = allocate(heif, bytes);
    let filled = 0;
    while (filled < bytes) {
      const read = readSync(file, heif.HEAPU8, at + filled, bytes - filled, filled);
      if (read === 0) break;
      filled += read;
    }
    return { at, bytes: filled };
  } finally {
    closeSync(file);
  }
}

/** In libvips' words, by which a run is told that its files are at fault. */
function openPicture(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new HeifFailure('machine', `unable to open the picture: ${errorCode(error)}`);
  }
}

function allocate(heif: Libheif, bytes: number): Pointer {
  const at = heif._malloc(bytes);
  if (at === 0 && bytes > 0) throw outOfMemory(bytes);
  return at;
}

/** libheif pads its rows. This is the one copy of the picture. */
function packedPixels(heif: Libheif, image: Pointer, channels: 3 | 4, out: Pointer) {
  const width = heif._heif_image_get_primary_width(image);
  const height = heif._heif_image_get_primary_height(image);
  const plane = heif._heif_image_get_plane_readonly2(image, CHANNEL_INTERLEAVED, out);
  const stride = view(heif).getUint32(out, true);
  const row = width * channels;
  const pixels = newPixels(row * height);
  for (let y = 0; y < height; y++) {
    const from = plane + y * stride;
    pixels.set(heif.HEAPU8.subarray(from, from + row), y * row);
  }
  return { width, height, pixels };
}

function newPixels(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    // The one reason for it: what libheif has decoded is not too long for an array.
    throw outOfMemory(bytes);
  }
}

function divideByAlpha(pixels: Uint8Array): void {
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = pixels[at + 3] ?? 0;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      pixels[channel] = Math.min(255, Math.round(((pixels[channel] ?? 0) * 255) / alpha));
    }
  }
}

function coloursOf(
  heif: Libheif,
  handle: Pointer,
  error: Pointer,
  out: Pointer,
): Pick<HeicPicture, 'profile' | 'primaries'> {
  const bytes = heif._heif_image_handle_get_raw_color_profile_size(handle);
  if (bytes > 0) {
    const at = allocate(heif, bytes);
    heif._heif_image_handle_get_raw_color_profile(error, handle, at);
    throwIfSet(heif, error);
    return { profile: heif.HEAPU8.slice(at, at + bytes), primaries: null };
  }
  heif._heif_image_handle_get_nclx_color_profile(error, handle, out);
  const isThere = view(heif).getUint32(error, true) === 0;
  const nclx = view(heif).getUint32(out, true);
  return { profile: null, primaries: isThere ? view(heif).getUint32(nclx + NCLX_PRIMARIES, true) : null };
}

/** `heif_error`: code, subcode, and a text that ends with a zero. */
function throwIfSet(heif: Libheif, error: Pointer): void {
  const code = view(heif).getUint32(error, true);
  if (code === 0) return;
  const subcode = view(heif).getUint32(error + 4, true);
  const text = view(heif).getUint32(error + 8, true);
  const end = heif.HEAPU8.indexOf(0, text);
  throw failureOf(code, subcode, Buffer.from(heif.HEAPU8.subarray(text, end)).toString('latin1'));
}

const view = (heif: Libheif): DataView => new DataView(heif.HEAPU8.buffer);
