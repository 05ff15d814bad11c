// The colours of sources.
//
// Responsible for: one colour for each source, the same on every page: the tokens --series-1 … --series-8 in the order of
// the configuration (again from the first after the eighth; the name always stands beside).
// Not responsible for: what is drawn with them.
//
//   sourceColor("home")  -> "var(--series-1)"; live (reads the overview). A source that is not configured any more: grey.

import { overview } from "../core/live.js";

const TOKENS = 8;
let known = new Map(); // name -> place in the configuration; kept when the stream begins anew, so that nothing turns grey

export function sourceColor(name) {
  const sources = overview()?.sources;
  if (sources) known = new Map(sources.map((each, at) => [each.name, at]));
  const at = known.get(name);
  return at === undefined ? "var(--line-strong)" : seriesColor(at);
}

export const seriesColor = (at) => `var(--series-${(at % TOKENS) + 1})`;
