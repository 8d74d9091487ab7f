import libheif from 'libheif-js/libheif-wasm/libheif.js';

/** An address in the memory of WebAssembly; 0 is none. */
export type Pointer = number;

/**
 * What is used of libheif's C API, as Emscripten exports it. A function that returns a `heif_error` in C writes it to
 * where its first argument points. `HEAPU8` is another array after each call that may allocate.
 */
export interface Libheif {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  /** 0 where there is no memory left. */
  _malloc(bytes: number): Pointer;
  _heif_context_alloc(): Pointer;
  _heif_context_get_security_limits(context: Pointer): Pointer;
  _heif_context_read_from_memory_without_copy(
    error: Pointer,
    context: Pointer,
    bytes: Pointer,
    length: number,
    options: Pointer,
  ): void;
  _heif_context_get_primary_image_handle(error: Pointer, context: Pointer, handle: Pointer): void;
  _heif_image_handle_get_width(handle: Pointer): number;
  _heif_image_handle_get_height(handle: Pointer): number;
  _heif_image_handle_has_alpha_channel(handle: Pointer): number;
  _heif_image_handle_is_premultiplied_alpha(handle: Pointer): number;
  _heif_image_handle_get_raw_color_profile_size(handle: Pointer): number;
  _heif_image_handle_get_raw_color_profile(error: Pointer, handle: Pointer, profile: Pointer): void;
  _heif_image_handle_get_nclx_color_profile(error: Pointer, handle: Pointer, profile: Pointer): void;
  _heif_decoding_options_alloc(): Pointer;
  _heif_decode_image(
    error: Pointer,
    handle: Pointer,
    image: Pointer,
    colourspace: number,
    chroma: number,
    options: Pointer,
  ): void;
  _heif_image_get_primary_width(image: Pointer): number;
  _heif_image_get_primary_height(image: Pointer): number;
  _heif_image_get_plane_readonly2(image: Pointer, channel: number, stride: Pointer): Pointer;
}

declare global {
  /** What is used of the WebAssembly JavaScript Interface: TypeScript has it only among what browsers have. */
  namespace WebAssembly {
    /** Compiled code; it can be given to another thread. */
    class Module {
      private readonly code: never;
    }
    class Instance {
      constructor(module: Module, imports: Imports);
      readonly exports: Exports;
    }
    /** A trap. */
    class RuntimeError extends Error {}
    type Imports = Record<string, Record<string, unknown>>;
    type Exports = Record<string, unknown>;
    function compile(code: Uint8Array): Promise<Module>;
  }
}

type Receive = (instance: WebAssembly.Instance) => WebAssembly.Exports;

/** The decoder, in a memory of its own that grows from 16 MiB to 2 GiB. */
export function instantiate(module: WebAssembly.Module): Libheif {
  const silent = () => {};
  const instantiateWasm = (imports: WebAssembly.Imports, receive: Receive) =>
    receive(new WebAssembly.Instance(module, imports));
  // The package has types for an ES module, and this file of it is none.
  const load = libheif as unknown as (options: object) => Libheif;
  return load({ print: silent, printErr: silent, instantiateWasm });
}
