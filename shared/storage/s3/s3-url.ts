import { z } from 'zod';

/** Where a bucket is, and what of it is ours. */
export interface S3Settings {
  bucket: string;
  /** What our keys begin with: empty, or ending with a slash. */
  prefix: string;
  /** Null: that of AWS in the region. */
  endpoint: string | null;
  /** By which clients know the server, who get addresses that are signed for it. The same, where nothing else is said. */
  publicEndpoint: string | null;
  /** Null: the one that the SDK finds, in `AWS_REGION` or a profile. */
  region: string | null;
  /** The bucket is named in the path of the URL, and not in its host. */
  pathStyle: boolean;
}

/** Servers other than AWS ask for some region in a signature, and most take this one. */
const REGION_OF_OTHERS = 'us-east-1';

const EXAMPLE = 's3://bucket/prefix?endpoint=https://storage.example.com&region=eu-central-1&pathStyle=true';

/** As AWS lets buckets be called. */
const Bucket = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'a bucket of 3 to 63 lower-case letters, digits, dots and hyphens',
  );

const Prefix = z
  .string()
  .regex(/^(?:[\w-][\w.-]*\/)*$/, 'a prefix of letters, digits, `_`, `-`, `.` and single slashes');

const origin = (name: string) =>
  z
    .string()
    .refine(isOrigin, `\`${name}\` as http:// or https:// with a host, and no path, query or user`)
    .transform((text) => new URL(text).origin);

const Parameters = z.strictObject(
  {
    endpoint: origin('endpoint').optional(),
    publicEndpoint: origin('publicEndpoint').optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/, '`region` as lower-case letters, digits and hyphens')
      .optional(),
    pathStyle: z.enum(['true', 'false'], '`pathStyle` as true or false').optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `the parameters endpoint, publicEndpoint, region and pathStyle, and no ${issue.keys.join(', ')}`
        : undefined,
  },
);

const Parts = z.object({ bucket: Bucket, prefix: Prefix, parameters: Parameters });

/**
 * Reads a `STORAGE_URL` of S3, as in `s3://bucket/prefix?endpoint=https://storage.example.com&region=eu-central-1&pathStyle=true`.
 * Where there is an endpoint, the path style is the default. A fault says what is allowed, and nothing of the URL but
 * names of parameters: keys have no place in it, and may have been put there.
 */
export const S3Url = z
  .string()
  .transform((text, context) => partsOf(text) ?? fault(context, `a URL as ${EXAMPLE}`))
  .pipe(Parts)
  .transform(({ bucket, prefix, parameters }): S3Settings => {
    const { endpoint = null, publicEndpoint = endpoint, region, pathStyle } = parameters;
    return {
      bucket,
      prefix,
      endpoint,
      publicEndpoint,
      region: region ?? (endpoint === null ? null : REGION_OF_OTHERS),
      pathStyle: pathStyle === undefined ? endpoint !== null : pathStyle === 'true',
    };
  });

function partsOf(text: string): z.input<typeof Parts> | null {
  const url = URL.parse(text);
  if (url?.protocol !== 's3:' || url.username || url.password || url.port || url.hash) return null;
  const parameters = Object.fromEntries(url.searchParams);
  if (Object.keys(parameters).length < url.searchParams.size) return null;
  const path = url.pathname.slice(1);
  return {
    bucket: url.hostname,
    prefix: path === '' || path.endsWith('/') ? path : `${path}/`,
    parameters,
  };
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

function fault(context: z.core.$RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
