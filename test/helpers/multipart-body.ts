export interface Part {
  name: string;
  /** Makes it a file. */
  fileName?: string;
  type?: string;
  data: Buffer | string;
}

export const BOUNDARY = '----darkroom-test';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** A form as it is on the wire (RFC 7578), for what `FormData` would never send. */
export function multipartBody(parts: readonly Part[]): Buffer {
  return Buffer.concat([...parts.map(multipartPart), Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

function multipartPart({ name, fileName, type, data }: Part): Buffer {
  const head = [
    `--${BOUNDARY}`,
    `Content-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(data), Buffer.from('\r\n')]);
}
