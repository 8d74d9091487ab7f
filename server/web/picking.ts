/** Ways of files into the page: chosen, dropped anywhere on it, pasted. */
export function onFiles(
  choose: HTMLButtonElement,
  input: HTMLInputElement,
  take: (files: File[]) => void,
): void {
  choose.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    take([...(input.files ?? [])]);
    // So that the same file can be chosen again.
    input.value = '';
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
  onDrop(take);
}

function onDrop(take: (files: File[]) => void): void {
  // Each element under the pointer is entered before the one before it is left.
  let depth = 0;
  const show = () => document.body.classList.toggle('is-over', depth > 0);
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragenter', (event) => {
    if (hasFiles(event)) depth++;
    show();
  });
  document.addEventListener('dragleave', (event) => {
    if (hasFiles(event)) depth = Math.max(0, depth - 1);
    show();
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
