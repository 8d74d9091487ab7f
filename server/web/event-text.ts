/** One event of an event stream (HTML, section 9.2.6). */
export interface StreamEvent {
  event: string;
  data: string;
  id: string | null;
}

/**
 * Events from the text of a stream, however it is cut into pieces. Comments and the time to come again are left out.
 * @param onId what to go on from, as it comes
 */
export async function* eventsOf(
  pieces: AsyncIterable<string>,
  onId: (id: string) => void,
): AsyncGenerator<StreamEvent, void, void> {
  let rest = '';
  for await (const piece of pieces) {
    const blocks = (rest + piece).replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event.id !== null) onId(event.id);
      if (event.data !== '') yield event;
    }
  }
}

function eventOf(block: string): StreamEvent {
  const event: StreamEvent = { event: 'message', data: '', id: null };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === 'data') data.push(value);
    else if (name === 'event') event.event = value;
    else if (name === 'id') event.id = value;
  }
  return { ...event, data: data.join('\n') };
}
