// SPDX-License-Identifier: GPL-2.0-only
import { StringDecoder } from 'node:string_decoder';

/**
 * The first line of a stream, without its newline: what there is of it when the stream ends or it has `mostChars`. The
 * rest is read and thrown away, so that the writer is not held up.
 */
export function firstLine(stream: NodeJS.ReadableStream, mostChars: number): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new StringDecoder('utf8');
    let text = '';
    let over = false;
    const end = (): void => {
      over = true;
      resolve(text.slice(0, mostChars).replace(/\r$/, ''));
    };
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      const [line = '', ...rest] = (text + decoder.write(chunk)).split('\n');
      text = line;
      if (rest.length > 0 || text.length >= mostChars) end();
    });
    stream.once('end', end);
    stream.once('close', end);
    stream.once('error', end);
  });
}
