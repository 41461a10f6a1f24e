// Server-sent events. The first event of every stream is how things stand, so
// a stream that was cut loses nothing when it is connected again.
import { wasRefused } from './client';

type Heard = Record<string, (data: never) => void>;

const again = 10_000; // milliseconds until a stream that was refused is asked for again

/** follow hands each event's data to the function of its name until the answer is called. */
export function follow(path: string, heard: Heard): () => void {
  let source: EventSource;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const connect = (): void => {
    source = new EventSource(path);
    for (const [name, tell] of Object.entries(heard)) {
      source.addEventListener(name, (event) => {
        tell(JSON.parse((event as MessageEvent<string>).data) as never);
      });
    }
    source.addEventListener('gone', () => {
      source.close();
      wasRefused();
    });
    // A browser that is cut off connects again by itself, and gives up where the
    // server says no: to a session that has ended, or because it has too many streams.
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return;
      wasRefused();
      waiting = setTimeout(connect, again);
    });
  };
  connect();
  return () => {
    clearTimeout(waiting);
    source.close();
  };
}
