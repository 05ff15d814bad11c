// Names and addresses of what the shaft shows.
//
// Responsible for: where a source's page is, what a miner (or the rest of them, in one) is called.
// Not responsible for: how a source is (shaft-state.js), drawing (shaft.js, shaft-list.js).

import { count } from "../core/format.js";
import { t } from "../core/i18n.js";

export const sourcePath = (name) => `/sources?source=${encodeURIComponent(name)}`;
export const minerName = (miner) => (miner.key ? miner.alias : t("core.shaft_more", { count: miner.miners, shown: count(miner.miners) }));
