import { type Image, pictureOf } from './picture.ts';

const page = (title: string, body: string, head = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${head}</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;

/** It works without the script as well, which only adds a bar and spares this site the bytes. */
export const FORM_PAGE = page(
  'Add a photo',
  `<form method="post" action="/photos" enctype="multipart/form-data">
  <p><label for="image">Photo</label>
  <input id="image" name="image" type="file" accept="image/*" required></p>
  <p><button>Upload</button> <progress max="1" value="0" aria-label="Progress" hidden></progress></p>
  <p role="status"></p>
</form>`,
  '<script type="module" src="/upload.js"></script>\n',
);

/** Comes again by itself until there are variants. */
export const waitingPage = (): string =>
  page(
    'Your photo is on its way',
    '<p>It is shown here in a moment.</p>',
    '<meta http-equiv="refresh" content="1">\n',
  );

export const photoPage = (image: Image, origin: string): string =>
  page('Your photo', `${pictureOf(image, origin)}\n<p><a href="/">Add another one</a></p>`);

export const problemPage = (detail: string): string =>
  page('That did not work', `<p>${escaped(detail)}</p>\n<p><a href="/">Back</a></p>`);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
