/** Of each so many cases that are not counted, one is a request. */
const REQUESTS_TO_PICTURES = 1 / 5;

/** How many there are to be; both without end where time is the limit. */
export interface Wanted {
  pictures: number;
  requests: number;
}

/** The names of the cases in the order in which they are sent: pictures and requests in turn, by their shares. */
export function* schedule({ pictures, requests }: Wanted): Generator<string, void> {
  const share = Number.isFinite(pictures + requests)
    ? requests / Math.max(1, pictures)
    : REQUESTS_TO_PICTURES;
  let [sentPictures, sentRequests] = [0, 0];
  while (sentPictures < pictures || sentRequests < requests) {
    const isRequestDue = sentRequests < sentPictures * share || sentPictures >= pictures;
    if (isRequestDue && sentRequests < requests) yield `request-${sentRequests++}`;
    else yield `picture-${sentPictures++}`;
  }
}
