// Values over time.
//
// Responsible for: the drawing of lines, bands, dots and marks over time; the crosshair; the same as text.
// Not responsible for: asking for the values (pages), which range (parts/ranges.js).
//
//   chart({ label, data, format, height, empty, from_zero })
//     label   () => what it shows, for screen readers and as the table's caption
//     data    () => Data, or null while it is not known; changes in place
//     format  (value) => text of a value; core/format.js's hashrate if left out
//     height  of the drawing in CSS pixels (default 280); the width is that of its box
//     empty   () => text (or node) where nothing at all is known
//   Data = {
//     from_s, step_s          Unix seconds of the first step; seconds of a step
//     lines: [{ key, name, color, values: [number | null], area?: true, dashed?: true }]   null is a gap, never 0
//     stacked?: true          lines are bands on top of each other (null counts as nothing there)
//     running?: true          the last step still runs: drawn lighter
//     dots?: [{ time_s, value, name, text? }]       on a log axis of their own at the right; text: further words
//     marks?: [{ time_s, kind: "block" | "move" | "note", text }]
//     note?: (at) => text     one line more of the step `at` in the crosshair, as what the value was measured from
//   }
//   hashrateData(series, { bands = false, color, name })   HashrateSeries (GET hashrate) -> Data, with best shares, blocks and moves
