// Where a miner was moved.
//
// Responsible for: its last moves and why. Not responsible for: deciding them (the server's router does).

import { each, h, show } from "../../core/dom.js";
import { ago, time } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { moveReason } from "../dashboard/words.js";

export const movesCard = (detail) =>
  h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, () => t("miners.moves"))),
    show(
      () => detail().moves.length > 0,
      (some) =>
        some
          ? h(
              "ol",
              { class: "moves", tabindex: "0" },
              each(
                () => detail().moves,
                (move) => `${move.time_ms} ${move.session_id} ${move.to_source}`,
                (move) =>
                  h(
                    "li",
                    {},
                    h("span", { class: "soft move-when", title: () => time(move().time_ms) }, () => ago(move().time_ms)),
                    h("span", {}, () => t("miners.move_line", { from: move().from_source || t("miners.moves_from_none"), to: move().to_source || t("miners.moves_from_none") })),
                    h("span", { class: "soft" }, () => moveReason(move().reason)),
                  ),
              ),
            )
          : h("p", { class: "soft" }, () => t("miners.moves_none")),
    ),
  );
