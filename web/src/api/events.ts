// Server-sent events. The first event of every stream is how things stand, so
// a stream that was cut loses nothing when the browser connects it again.

type Heard = Record<string, (data: never) => void>;

/** follow hands each event's data to the function of its name until the answer is called. */
export function follow(path: string, heard: Heard): () => void {
  const source = new EventSource(path);
  for (const [name, tell] of Object.entries(heard)) {
    source.addEventListener(name, (event) => {
      tell(JSON.parse((event as MessageEvent<string>).data) as never);
    });
  }
  source.addEventListener('gone', () => {
    source.close();
  });
  return () => {
    source.close();
  };
}
