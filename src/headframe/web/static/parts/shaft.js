// The shaft: who mines for whom, by measured hashrate.
//
// Responsible for: sources left, miners right, ribbons between them as wide as the hashrate; opening what is clicked; on
// request the wanted shares as a bar whose boundaries are dragged, and planned moves as ghosts.
// Not responsible for: asking (core/live.js has the shaft), applying weights (pages/sources.js), the arithmetic of the
// picture (parts/shaft-layout.js).
//
//   shaft({ flows, sources, large, wanted, ghosts, onweight, empty })
//     flows    () => Shaft {flows: [Flow]} or null (not known yet); live.shaft if left out
//     sources  () => [SourceView] in the order of the configuration; those of live.overview if left out
//     large    true: taller, more miners by name
//     wanted   () => {source: share 0..1}: the bar of wanted shares; the sources' target_share if left out
//     ghosts   () => [PlannedMove {from_source, to_source, hashrate, miners}]: drawn dashed, in the colour of where they go
//     onweight (source, share, other, otherShare) => …: given, the boundaries of the bar can be dragged or moved by arrow
//              keys; called for each step with the new shares (0..1) of the two sources at the boundary. Their sum stays.
//     empty    () => node where no miner mines; a text with a link to /connect if left out
