//! The style sheet. Colours are told apart in both schemes and by people who see no red or green;
//! lines differ in their dashes too.

pub(super) const SHEET: &str = "
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5a6875; --paper: #ffffff;
  --panel: #f4f6f8; --rule: #d5dce2; --active: #5b6f82; --candidate: #c2410c;
  --heat-colour: #0f766e; --warn: #8a4b00; --warn-paper: #fff4e0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9fb0bf; --paper: #12181e;
  --panel: #1b232b; --rule: #33404c; --active: #9db2c6; --candidate: #fb923c;
  --heat-colour: #2dd4bf; --warn: #ffd699; --warn-paper: #3a2a10; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3rem 0 .6rem; padding-top: .9rem;
  border-top: 2px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { max-width: 46rem; margin: .5rem 0; }
.lead { color: var(--soft); margin: 0 0 1.2rem; }
.note { color: var(--soft); font-size: .9rem; }
.warning { background: var(--warn-paper); color: var(--warn); padding: .7rem 1rem;
  border-radius: .5rem; font-weight: 600; }
.cards { list-style: none; display: grid; gap: .8rem; margin: 1.2rem 0 0; padding: 0;
  grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); }
.cards li { background: var(--panel); border: 1px solid var(--rule); border-radius: .6rem;
  padding: .9rem 1rem; }
.cards b { display: block; font-size: 1.55rem; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.cards span { color: var(--soft); font-size: .9rem; line-height: 1.3; display: block; }
.key { font-size: .9rem; margin: .8rem 0 .2rem; }
.key span { margin-right: 1.4rem; }
.key span::before { content: ''; display: inline-block; width: 1.6rem; margin-right: .45rem;
  vertical-align: middle; border-top: 3px solid var(--active); }
.key .active::before { border-top-style: dashed; }
.key .candidate::before { border-top-color: var(--candidate); }
.wide { overflow-x: auto; margin: .9rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .35rem; }
th, td { padding: .38rem .75rem; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--rule); }
table.numbers td, table.numbers thead th + th { text-align: right; }
tbody th { font-weight: 500; white-space: nowrap; }
.heat td, .heat thead th + th { text-align: center; min-width: 5.2rem; }
.heat td { background: color-mix(in srgb, var(--heat-colour) var(--heat, 0%), transparent);
  border: 1px solid var(--rule); }
.heat td.same { outline: 2px solid var(--ink); outline-offset: -2px; font-weight: 700; }
.heat td.sum { background: none; color: var(--soft); }
.down { color: var(--candidate); } .up { color: var(--heat-colour); }
b.down, b.up { white-space: nowrap; }
details { margin: .8rem 0; } summary { cursor: pointer; color: var(--soft); }
figure { margin: .4rem 0 1rem; } figcaption { color: var(--soft); font-size: .9rem; }
svg { display: block; width: 100%; height: auto; }
svg.square { max-width: 25rem; }
svg text { fill: var(--soft); font-size: 12px; font-family: inherit; }
svg text.name { fill: var(--ink); }
svg .axis { stroke: var(--rule); stroke-width: 1; fill: none; }
svg .grid { stroke: var(--rule); stroke-width: 1; stroke-dasharray: 1 4; fill: none; }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .line.active { stroke: var(--active); stroke-dasharray: 6 3; }
svg .line.candidate { stroke: var(--candidate); }
svg .area.active { fill: var(--active); opacity: .22; }
svg .area.candidate { fill: var(--candidate); opacity: .16; }
svg .whisker.active { stroke: var(--active); stroke-width: 2; }
svg .whisker.candidate { stroke: var(--candidate); stroke-width: 2; }
svg .dot.active { fill: var(--active); } svg .dot.candidate { fill: var(--candidate); }
.pair { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr));
  align-items: start; }
@media print { main { max-width: none; padding: 0; } h2 { break-after: avoid; }
  figure, table { break-inside: avoid; } }
";
