/**
 * @file One look for every picture: colours that stay apart for colour-blind eyes and in grey (after Okabe and Ito,
 * "Color Universal Design", 2008), on a surface that follows the reader's light or dark preference.
 */

interface Theme {
  surface: string;
  panel: string;
  line: string;
  text: string;
  soft: string;
}

const light: Theme = { surface: '#ffffff', panel: '#f3f5f8', line: '#c3cad4', text: '#17202c', soft: '#566274' };
const dark: Theme = { surface: '#12171f', panel: '#1c232e', line: '#465162', text: '#eef2f7', soft: '#a3afc0' };

/** Hue by kernel, shade by expansion (light to strong). */
const hues: Readonly<Record<string, readonly string[]>> = {
  k3: ['#9dd3f5', '#4aa3df', '#1f6fa8'],
  k5: ['#fbd68a', '#eb9e14', '#b06f00'],
  k7: ['#dcaed4', '#a9569b', '#74306a'],
  other: ['#93d8c2', '#1f9e7c', '#0f6b54'],
};

/** Rules hold only inside our own pictures, so that one set into a page restyles nothing around it. */
const scoped = (rules: readonly string[]): string => rules.map((rule) => `.fastpath ${rule}`).join('');

const surfaces = (theme: Theme): string =>
  scoped([
    `.surface{fill:${theme.surface}}`,
    `.panel{fill:${theme.panel}}`,
    `.line{stroke:${theme.line}}`,
    `.fixed{fill:${theme.line}}`,
    `.skipped-share{fill:${theme.line}}`,
    `.text{fill:${theme.text}}`,
    `.soft{fill:${theme.soft}}`,
    `.strong-line{stroke:${theme.text}}`,
    `.soft-line{stroke:${theme.soft}}`,
    `.halo{stroke:${theme.surface};stroke-width:4px;stroke-linejoin:round;paint-order:stroke}`,
    `.accent-line{stroke:${theme === light ? '#c4421a' : '#ff9166'}}`,
    `.accent{fill:${theme === light ? '#c4421a' : '#ff9166'}}`,
    `.series-0{stroke:${theme === light ? '#1f6fa8' : '#6cbcf0'}}`,
    `.series-1{stroke:${theme === light ? '#b06f00' : '#f2b23c'}}`,
    `.series-2{stroke:${theme === light ? '#8a3f7e' : '#d894cb'}}`,
    `.series-3{stroke:${theme === light ? '#0f6b54' : '#4cc4a2'}}`,
  ]);

const candidates = scoped(
  Object.entries(hues).flatMap(([hue, shades]) => shades.map((fill, i) => `.${hue}-${i}{fill:${fill}}`)),
);

/** The style sheet of every picture; class names are the vocabulary of the drawings. */
export const styleSheet = `.fastpath text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}${candidates}${surfaces(light)}@media (prefers-color-scheme:dark){${surfaces(dark)}}`;

export const shadesPerHue = 3;
export const seriesCount = 4;
