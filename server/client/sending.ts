/** What is sent, and how it goes. */
export interface Sending {
  url: URL;
  headers: Record<string, string>;
  body: Blob;
  signal: AbortSignal;
  onProgress: (sent: number, total: number) => void;
}

export interface Sent {
  status: number;
  retryAfter: string | null;
  body: string;
}
