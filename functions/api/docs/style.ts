/** @file The style of the documentation page. */
export const css = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .875rem; }
nav h2 { font-size: .875rem; margin: 1rem 0 .25rem; }
nav ul { list-style: none; margin: 0; padding: 0 0 0 .5rem; }
main { padding: 1.5rem 2rem 4rem; max-width: 62rem; }
a { color: var(--link); }
h1 small, p.line small, td small, th small { font-weight: normal; opacity: .7; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
article { margin: 2rem 0; }
h3 { margin-bottom: .25rem; }
code, pre, .type { font-family: ui-monospace, monospace; font-size: .875em; }
pre { background: var(--soft); padding: .75rem; overflow: auto; border-radius: 6px; max-height: 24rem; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .375rem .5rem; border-top: 1px solid var(--line); }
th { width: 18rem; font-weight: 500; overflow-wrap: anywhere; }
p.line b { padding: .1rem .4rem; border-radius: 4px; background: var(--soft); }
article:target { outline: 2px solid var(--link); outline-offset: .5rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border-right: 0; } th { width: auto; } }
`;
