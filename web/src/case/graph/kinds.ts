// How each kind looks: a shape for what sort of thing it is, an icon for which.
// The colour says the band, so that nothing hangs on colour alone.

const files = import.meta.glob<string>('./icons/*.svg', { query: '?raw', import: 'default', eager: true });

/** icons by name, each one SVG path in a box of 24. */
export const icons = new Map(
  Object.entries(files)
    .map(([name, text]): [string, string] => [
      name.replace(/^.*\/|\.svg$/g, ''),
      /<path d="([^"]+)"/.exec(text)?.[1] ?? '',
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);
export const iconNames = [...icons.keys()];

export type Shape = 'circle' | 'hexagon' | 'square' | 'diamond' | 'house';
export const shapes: readonly Shape[] = ['circle', 'hexagon', 'square', 'diamond', 'house'];

interface Look {
  icon: string;
  shape: Shape;
}

const looks: Record<string, Look> = {};
function look(shape: Shape, kinds: Record<string, string>): void {
  for (const [kind, icon] of Object.entries(kinds)) looks[kind] = { icon, shape };
}
// Names and addresses on the web; hosts and networks; files; certificates; who
// registered. What is left over is a circle with its icon.
look('circle', { domain: 'globe', url: 'link', email: 'mail' });
look('hexagon', { ip: 'server', prefix: 'range', asn: 'hub', jarm: 'wave', ja3: 'wave', ja3s: 'wave', ja4: 'wave' });
look('hexagon', { sshkey: 'key', useragent: 'terminal' });
look('square', { file: 'file', imphash: 'hash', ssdeep: 'hash', tlsh: 'hash', richhash: 'hash', filename: 'tag' });
look('square', { pdb: 'tag', mutex: 'lock', malware: 'bug', technique: 'cross' });
look('diamond', { cert: 'certificate', certkey: 'key', dn: 'card', serial: 'hash', signer: 'sign' });
look('house', { person: 'person', org: 'building', registrar: 'stamp', phone: 'phone', wallet: 'wallet' });
look('circle', { favicon: 'picture', bodyhash: 'page', title: 'heading', tracker: 'target', text: 'tag' });

export function lookOf(kind: string): Look {
  return looks[kind] ?? { icon: 'tag', shape: 'circle' };
}
