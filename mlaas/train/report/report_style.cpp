#include "mlaas/train/report/report_style.h"

namespace mlaas::train {

// The colours of series are Okabe and Ito's, which differ for colour-blind eyes too.
std::string_view reportStyle() {
  return R"css(
:root { color-scheme: light dark; --back: #ffffff; --card: #f6f7f9; --text: #16191d; --soft: #5b6470; --rule: #d5dae0;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #a07800; --c5: #5b4b9a; --faint: #9aa3ad; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --card: #1d2226; --text: #eceff2; --soft: #a4aeb8;
  --rule: #39424a; --c0: #56b4e9; --c1: #ff8a3d; --c2: #2fd1a0; --c3: #e9a3c9; --c4: #f0c841; --c5: #b3a4f0;
  --faint: #75808a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 4rem; background: var(--back); color: var(--text);
  font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0.4rem 0 0.2rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 0.8rem; border-bottom: 1px solid var(--rule); padding-bottom: 0.3rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 0.4rem; }
p { margin: 0.3rem 0 0.8rem; max-width: 60rem; }
.soft { color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.8rem; margin: 1.2rem 0; }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 0.7rem 0.9rem; }
.figures b { display: block; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
.figures span { color: var(--soft); font-size: 0.9rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1rem; }
.plots figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 0.5rem; }
figcaption { color: var(--soft); font-size: 0.88rem; padding: 0 0.4rem 0.3rem; }
svg.plot { display: block; width: 100%; height: auto; }
svg.plot text { fill: var(--text); font-size: 15px; }
svg.plot text.title { font-size: 16px; font-weight: bold; }
svg .frame { fill: none; stroke: var(--text); stroke-width: 1.2; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .line { fill: none; stroke-width: 2.2; }
svg .fill { stroke: none; fill-opacity: 0.25; }
svg .dashed { stroke-dasharray: 7 5; }
svg .c0 { stroke: var(--c0); } svg .c1 { stroke: var(--c1); } svg .c2 { stroke: var(--c2); }
svg .c3 { stroke: var(--c3); } svg .c4 { stroke: var(--c4); } svg .c5 { stroke: var(--c5); }
svg .faint { stroke: var(--faint); }
svg .fill.c0, svg .dot.c0 { fill: var(--c0); } svg .fill.c1, svg .dot.c1 { fill: var(--c1); }
svg .fill.c2, svg .dot.c2 { fill: var(--c2); } svg .fill.c3, svg .dot.c3 { fill: var(--c3); }
svg .fill.c4, svg .dot.c4 { fill: var(--c4); } svg .fill.c5, svg .dot.c5 { fill: var(--c5); }
.plots > figure { min-width: 0; }
figure.graph .canvas { width: 100%; aspect-ratio: 64 / 42; } figure.graph svg.plot[hidden] { display: none; }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: 0.1rem 0.9rem; padding: 0.2rem 0.4rem;
  font-size: 0.9rem; }
.legend b { flex-basis: 100%; } .legend span { display: inline-flex; align-items: center; gap: 0.35rem; }
.legend i { width: 1.3rem; border-top: 3px solid currentColor; } .legend i.dashed { border-top-style: dashed; }
.legend i.filled { height: 0.7rem; border: 1px solid; background: color-mix(in srgb, currentColor 25%, transparent); }
.legend i.points { width: 0.6rem; height: 0.6rem; border: 0; border-radius: 50%; background: currentColor; }
.legend button { margin-left: auto; font: inherit; color: inherit; background: none; border: 1px solid var(--rule);
  border-radius: 4px; padding: 0 0.5rem; cursor: pointer; } .legend button[aria-pressed=true] { background: var(--rule); }
.plots.small { grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }
svg.map text { font-size: 11px; } svg.map text.cell { font-size: 8px; } svg.map rect.cell { stroke: none; }
svg rect.cell.c0 { fill: var(--c0); } svg rect.cell.c1 { fill: var(--c1); }
table.bars { width: 100%; } td.bar { width: 60%; } td.bar span { display: block; height: 0.8rem; border-radius: 2px; }
td.bar .more { background: var(--c0); } td.bar .less { background: var(--c1); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.92rem; min-width: 40%; }
th, td { padding: 0.28rem 0.8rem 0.28rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { color: var(--soft); font-weight: 600; }
td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 0.8rem; overflow-x: auto;
  font-size: 0.85rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.88rem; }
@media print { body { max-width: none; } figure, table, pre { break-inside: avoid; } }
)css";
}

}  // namespace mlaas::train
