// Values on the clipboard: exact for machines, or as people may send them.
import { tell } from '../../shell/toasts.svelte';
import { defanged } from '../../text/defang';
import { plural } from '../../text/format';
import type { Named } from '../verdict/judging';

/** copyOut puts values on the clipboard, one a line. */
export async function copyOut(values: Named[], exact: boolean): Promise<void> {
  const lines = values.map((v) => (exact ? v.value : defanged(v.kind, v.value)));
  await navigator.clipboard.writeText(lines.join('\n'));
  tell(`Copied ${plural(lines.length, 'value')}, ${exact ? 'exactly as they are: not defanged' : 'defanged'}.`);
}
