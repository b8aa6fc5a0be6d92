//! The style of the page: light, dark and on paper.

pub(super) const STYLE: &str = "
:root{--ground:#fbfbf9;--card:#fff;--ink:#1d2329;--soft:#5c6670;--line:#dfe2e0;--tint:#f1f3f1;
--c0:#2f6fb3;--c1:#2b8a74;--c2:#b0641f;--c3:#7a52a8;--c4:#b03a5b;--c5:#5b7a1f;--c6:#1f7f96;
--c7:#8a6d2f;--t0:#2c8a5f;--t1:#7d9a2c;--t2:#c79a1b;--t3:#cf6a2a;--t4:#bf3434;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#14181c;--card:#1c2127;--ink:#e6e9ec;
--soft:#9aa5af;--line:#323a42;--tint:#232a31;--c0:#6ea8e6;--c1:#5cc0a6;--c2:#e39a55;--c3:#b391e0;
--c4:#e57f9b;--c5:#a3c45c;--c6:#5cbcd4;--c7:#cdae6a;--t0:#4db383;--t1:#a7c453;--t2:#e0b947;
--t3:#e88d52;--t4:#e26a6a;--on:#14181c}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
main{max-width:58rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.25rem;margin:2.6rem 0 .8rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:0}
p{margin:.4rem 0 .8rem;max-width:44rem}
.lead{font-size:1.1rem}.soft,.id{color:var(--soft)}.id{font-size:.85rem}
.box{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem;
margin:.9rem 0;break-inside:avoid}
.box>:last-child{margin-bottom:0}
ul{margin:.3rem 0 .6rem;padding-left:1.2rem}li{margin:.15rem 0}
.shares{display:block;width:100%;height:2.4rem;margin:.4rem 0 .8rem}
.thin .shares,.shares.thin{height:.6rem;margin:.5rem 0}
.legend{display:flex;flex-wrap:wrap;gap:.35rem 1.2rem;list-style:none;padding:0;margin:0 0 1rem}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:3px;margin-right:.45rem;
vertical-align:-.05rem}
.head{display:flex;align-items:baseline;gap:.7rem}.head .big{margin-left:auto;font-size:1.3rem;
font-weight:600;font-variant-numeric:tabular-nums}
.factor{display:grid;grid-template-columns:1fr 15rem;gap:.2rem 1.4rem;padding:.9rem 0;
border-top:1px solid var(--line);break-inside:avoid}
.factor h4{margin:0;font-size:1rem;font-weight:600}
.factor p{margin:.15rem 0}.factor .shares{height:.45rem;margin:.35rem 0}
.track{height:.45rem;border-radius:4px;background:var(--tint);margin:.4rem 0;overflow:hidden}
.track b{display:block;height:100%;border-radius:4px}
.scale{width:100%;height:auto;align-self:center}
.axis line{stroke:var(--line)}.mark{stroke:var(--soft)}
.tick{font-size:10.5px;fill:var(--soft);font-variant-numeric:tabular-nums}
.curve{fill:none!important;stroke-width:2.2;stroke-linejoin:round}.area{opacity:.16}
.strip{display:flex;gap:3px;margin:.6rem 0 1rem}
.strip div{min-width:0;padding:.55rem .6rem;border-radius:6px;color:var(--on);overflow:hidden}
.strip b,.strip span{display:block;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.strip span{font-size:.85rem;font-variant-numeric:tabular-nums}
.tags{display:flex;flex-wrap:wrap;gap:.35rem;margin:.35rem 0 .5rem;padding:0;list-style:none}
.tags li{background:var(--tint);border-radius:99px;padding:.05rem .65rem;font-size:.85rem;margin:0}
.tags .strong{background:var(--ink);color:var(--card)}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
.sides>div{min-width:0}.sides .factor{grid-template-columns:1fr}
.sides .scale{max-width:15rem}
.changed{box-shadow:inset 3px 0 0 var(--c2);padding-left:.7rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);
vertical-align:top}
th{font-weight:600;color:var(--soft);font-size:.85rem}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);
font-size:.85rem;overflow-wrap:anywhere}
@media (max-width:40rem){.factor,.sides{grid-template-columns:1fr}.scale{max-width:15rem}}
@media print{:root{--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--tint:#eee;
--c0:#2f6fb3;--c1:#2b8a74;--c2:#b0641f;--c3:#7a52a8;--c4:#b03a5b;--c5:#5b7a1f;--c6:#1f7f96;
--c7:#8a6d2f;--t0:#2c8a5f;--t1:#7d9a2c;--t2:#c79a1b;--t3:#cf6a2a;--t4:#bf3434;--on:#fff}
body{font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}h2{break-after:avoid}}
";
