// Quantiles of a histogram.
//
// Responsible for: how long answers took, from cumulative counts per upper bound.
// Not responsible for: words.

/** Seconds below which the part `q` (0..1) of all lies, as a straight line through its bucket; Infinity beyond the last
 *  bound; null without any. */
export function quantile(histogram, q) {
  if (!histogram?.count) return null;
  const wanted = q * histogram.count;
  const at = histogram.counts.findIndex((each) => each >= wanted);
  if (at < 0) return Infinity;
  const [low, under] = at ? [histogram.bounds[at - 1], histogram.counts[at - 1]] : [0, 0];
  const inside = histogram.counts[at] - under;
  return low + (histogram.bounds[at] - low) * (inside ? (wanted - under) / inside : 1);
}
