export const REGION = 'us-east-1';

/**
 * What the default chain of the SDK looks for; and where nobody else's settings are to be found. The server of the tests is told
 * the same keys: it has accounts that have users, which a colon tells apart.
 */
export const S3_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'darkroom:tests',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
} as const;
