/** Sends the form's photo straight to Darkroom, with a bar. Where this script does not run, the form goes to the site itself. */

const form = document.querySelector('form');
const bar = form.querySelector('progress');
const button = form.querySelector('button');
const status = form.querySelector('[role="status"]');

/** How often a photo is sent again that Darkroom cannot take for now, or whose connection broke off. */
const TRIES = 10;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  bar.hidden = false;
  status.textContent = 'Uploading …';
  try {
    const { id } = await upload(form.elements.image.files[0]);
    location.assign(`/photos/${id}`);
  } catch (error) {
    status.textContent = error.message;
    button.disabled = false;
    bar.hidden = true;
  }
});

/** The same bytes by the same ticket are one photo, however often they are sent: so a lost answer is asked for again. */
async function upload(photo) {
  const { url } = await (await fetch('/tickets', { method: 'POST' })).json();
  if (!url) throw new Error('Please try again in a minute.');
  for (let tries = 1; ; tries++) {
    const answer = await send(url, photo).catch(() => ({ status: 0, pause: 1 }));
    if (answer.status === 200) return answer.body;
    const isForNow = [0, 429, 503].includes(answer.status);
    if (!isForNow || tries === TRIES) throw new Error(answer.body?.detail ?? 'The connection was lost.');
    await new Promise((resolve) => setTimeout(resolve, answer.pause * 1000));
  }
}

/** By XMLHttpRequest, as `fetch` tells nothing of what is sent. */
function send(url, photo) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.responseType = 'json';
    request.setRequestHeader('content-type', photo.type.startsWith('image/') ? photo.type : 'image/*');
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = loaded / total;
    };
    request.onerror = reject;
    request.onload = () => {
      const pause = Number(request.getResponseHeader('retry-after') ?? 1);
      resolve({ status: request.status, body: request.response, pause });
    };
    request.send(photo);
  });
}
