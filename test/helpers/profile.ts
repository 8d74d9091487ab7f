/** What a service under test keeps its records and files in: SQLite and folders, or PostgreSQL and S3. The same suites pass on both. */
export const PROFILE = process.env.DARKROOM_PROFILE === 'cluster' ? 'cluster' : 'embedded';
