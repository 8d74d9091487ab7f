import { describe, expect, test } from 'vitest';
import { S3Url } from '../../../../shared/storage/s3/s3-url.ts';

describe('a STORAGE_URL of S3', () => {
  test.each([
    ['s3://photos', { bucket: 'photos', prefix: '' }],
    ['s3://photos/', { bucket: 'photos', prefix: '' }],
    ['s3://my.photos-2/eu/live', { bucket: 'my.photos-2', prefix: 'eu/live/' }],
    ['s3://photos/eu/', { bucket: 'photos', prefix: 'eu/' }],
  ])('%s names a bucket and a prefix, of AWS where nothing else is said', (url, named) => {
    expect(S3Url.parse(url)).toEqual({
      ...named,
      endpoint: null,
      publicEndpoint: null,
      region: null,
      pathStyle: false,
    });
  });

  test('names a region of AWS', () => {
    expect(S3Url.parse('s3://photos?region=eu-central-1')).toMatchObject({
      endpoint: null,
      region: 'eu-central-1',
      pathStyle: false,
    });
  });

  test.each(['http://127.0.0.1:9000', 'http%3A%2F%2F127.0.0.1%3A9000', 'http://127.0.0.1:9000/'])(
    'names another server, %s, by the path style and in some region, as most of them want it',
    (endpoint) => {
      expect(S3Url.parse(`s3://photos?endpoint=${endpoint}`)).toEqual({
        bucket: 'photos',
        prefix: '',
        endpoint: 'http://127.0.0.1:9000',
        publicEndpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
        pathStyle: true,
      });
    },
  );

  test('has the last word on region and path style', () => {
    const url = 's3://photos/eu?endpoint=https://storage.example.com&region=fra1&pathStyle=false';
    expect(S3Url.parse(url)).toEqual({
      bucket: 'photos',
      prefix: 'eu/',
      endpoint: 'https://storage.example.com',
      publicEndpoint: 'https://storage.example.com',
      region: 'fra1',
      pathStyle: false,
    });
  });

  test.each([
    [
      's3://photos?endpoint=http://storage:8333&publicEndpoint=https://files.example.com/',
      'http://storage:8333',
    ],
    ['s3://photos?publicEndpoint=https://files.example.com', null],
  ])('%s names by what clients know the server, which nodes need not know', (url, endpoint) => {
    expect(S3Url.parse(url)).toMatchObject({ endpoint, publicEndpoint: 'https://files.example.com' });
  });
});

describe('what is wrong with a STORAGE_URL is said, and nothing of it told but names of parameters', () => {
  const a = (what: string) => expect.stringContaining(what);

  test.each([
    ['/data', a('a URL as s3://bucket/prefix')],
    ['https://photos/eu', a('a URL as s3://bucket/prefix')],
    ['s3://key:secret@photos/eu', a('a URL as s3://bucket/prefix')],
    ['s3://photos:9000/eu', a('a URL as s3://bucket/prefix')],
    ['s3://photos/eu#secret', a('a URL as s3://bucket/prefix')],
    ['s3://photos?region=eu-west-1&region=secret', a('a URL as s3://bucket/prefix')],
    ['s3://Secret_Photos', a('lower-case letters')],
    ['s3://ph', a('3 to 63')],
    ['s3://photos/secret//live', a('single slashes')],
    ['s3://photos/secret%20photos', a('a prefix of letters')],
    ['s3://photos/.secret/', a('a prefix of letters')],
    ['s3://photos?endpoint=storage.secret.com', a('`endpoint` as http')],
    ['s3://photos?endpoint=ftp://storage.secret.com', a('`endpoint` as http')],
    ['s3://photos?endpoint=https://storage.secret.com/path', a('no path')],
    ['s3://photos?endpoint=https://key:secret@storage.example.com', a('no path, query or user')],
    ['s3://photos?publicEndpoint=files.secret.com', a('`publicEndpoint` as http')],
    ['s3://photos?region=secret_1', a('`region` as lower-case')],
    ['s3://photos?pathStyle=secret', a('`pathStyle` as true or false')],
    [
      's3://photos?regoin=secret',
      'the parameters endpoint, publicEndpoint, region and pathStyle, and no regoin',
    ],
    [
      's3://photos?accessKeyId=secret&accessKey=secret',
      'the parameters endpoint, publicEndpoint, region and pathStyle, and no accessKeyId, accessKey',
    ],
  ])('%s', (url, message) => {
    const { error } = S3Url.safeParse(url);
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
    expect(String(error)).not.toContain('secret');
  });
});
