// Small pictures beside words.
//
// Responsible for: icons as paths on a 24 grid, drawn with the colour of the text.
// Not responsible for: meaning on their own: an icon always stands beside words or has a label.

import { svg } from "../core/dom.js";

const PATHS = {
  dashboard: "M4 13a8 8 0 1 1 16 0M12 13l4-4M4 19h16",
  miners: "M5 5h14v10H5zM8 8h3v4H8zM13 9h3M13 12h3M8 19h8M12 15v4",
  sources: "M4 6h5c5 0 6 12 11 12M4 18h5c5 0 6-12 11-12",
  blocks: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  leaderboard: "M5 20v-7h4v7M10 20V5h4v15M15 20v-10h4v10",
  kiosk: "M3 5h18v11H3zM9 20h6M12 16v4",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  users: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 2.5-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14c2 .8 3 3 3 6",
  logs: "M5 4h14v16H5zM8 8h8M8 12h8M8 16h5",
  audit: "M12 3l7 3v6c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 12l2 2 4-4",
  about: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 7.5v.5",
  connect: "M8 12h8M7 7H6a5 5 0 0 0 0 10h1M17 7h1a5 5 0 0 1 0 10h-1",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4.5 3.5-7 8-7s8 2.5 8 7",
  ok: "M5 12.5l4.5 4.5L19 7.5",
  warn: "M12 4l9 16H3zM12 10v4M12 17v.5",
  bad: "M6 6l12 12M18 6L6 18",
  offline: "M5 12h14",
  unknown: "M9 9a3 3 0 1 1 4 2.8c-.8.4-1 1-1 2.2M12 17.5v.5",
  wait: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  menu: "M4 7h16M4 12h16M4 17h16",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  right: "M9 6l6 6-6 6",
  left: "M15 6l-6 6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  pin: "M9 3h6l-1 6 3 4H7l3-4zM12 13v8",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  edit: "M4 20l1-5L16 4l4 4L9 19z",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  upload: "M12 16V5M7 9l5-5 5 5M5 20h14",
  link: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  key: "M8 15a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 11h9M17 11v4M20 11v3",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.5 5.5L7 7M17 17l1.5 1.5M5.5 18.5L7 17M17 7l1.5-1.5",
  moon: "M19 14.5A8 8 0 0 1 9.5 5a8 8 0 1 0 9.5 9.5z",
  fullscreen: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  node: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  pool: "M4 8c2 0 2-1.5 4-1.5S10 8 12 8s2-1.5 4-1.5S18 8 20 8M4 13c2 0 2-1.5 4-1.5S10 13 12 13s2-1.5 4-1.5S18 13 20 13M4 18c2 0 2-1.5 4-1.5s2 1.5 4 1.5 2-1.5 4-1.5 2 1.5 4 1.5",
};

/** An icon; hidden from screen readers unless it has a `label`. */
export function icon(name, { label = "", size = 20 } = {}) {
  return svg(
    "svg",
    {
      class: `icon icon-${name}`,
      viewBox: "0 0 24 24",
      width: size,
      height: size,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 2,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      role: label ? "img" : null,
      "aria-label": label || null,
      "aria-hidden": label ? null : "true",
    },
    svg("path", { d: PATHS[name] ?? PATHS.unknown }),
  );
}
