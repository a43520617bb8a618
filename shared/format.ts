/** @file Numbers for people, always with their unit. Anything that is no number becomes a dash, never `NaN`. */

const none = '–';

/** `1.23 G`, `4.56 M`, `789 k`, `12`: three digits that matter. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return none;
  const steps: [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  // 999,500 prints as 1.00 M, not as 1000 k.
  const step = steps.find(([size]) => Math.abs(value) >= 0.9995 * size);
  return step === undefined ? String(Math.round(value * 100) / 100) : `${digits(value / step[0])} ${step[1]}`;
}

/** `61.4 kB`, `12.3 MB`; powers of 1,000. */
export function bytes(size: number): string {
  if (!Number.isFinite(size)) return none;
  if (size < 1e3) return `${Math.round(size)} B`;
  return size < 0.9995e6 ? `${digits(size / 1e3)} kB` : `${digits(size / 1e6)} MB`;
}

export function milliseconds(value: number): string {
  return Number.isFinite(value) ? `${digits(value)} ms` : none;
}

/** `56.1 %` for 0.561. */
export function percent(share: number): string {
  return Number.isFinite(100 * share) ? `${(100 * share).toFixed(1)} %` : none;
}

export function loss(nats: number): string {
  return Number.isFinite(nats) ? nats.toFixed(3) : none;
}

/** `42 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return none;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** Columns padded to their widest cell: the first is aligned left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return `${rows.map((row) => line(row).trimEnd()).join('\n')}\n`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size < 1e-6) return '0';
  return size < 0.9995 ? value.toPrecision(3) : value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
