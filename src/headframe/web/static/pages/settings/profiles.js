// Profiles: sets of defaults for small, medium and large.
//
// Responsible for: what each would set, which suits this machine; taking one into the draft.
// Not responsible for: saving: that is looked over like any other change.

import { complain, dialog } from "../../parts/dialog.js";
import { badge } from "../../parts/status.js";
import { ticked } from "../../parts/ticked.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { bytes, count } from "../../core/format.js";
import { has, t } from "../../core/i18n.js";
import { said } from "../../core/said.js";
import { change, view } from "./draft.js";

export const profilesButton = () => h("button", { type: "button", onclick: () => open().catch(complain) }, icon("bolt", { size: 16 }), () => t("settings.profiles"));

async function open() {
  const found = await api.get("settings/profiles");
  const chosen = await dialog(
    t("settings.profiles"),
    (close) => [
      h("p", {}, t("settings.profiles_why")),
      h("p", { class: "soft" }, t("settings.machine", { memory: bytes(found.memory_bytes), cores: count(found.cores), files: count(found.open_files) })),
      h("div", { class: "grid" }, found.profiles.map((profile) => card(profile, close))),
    ],
    { wide: true },
  );
  if (!chosen) return;
  for (const each of chosen.changes) {
    const setting = view.peek().settings.find((one) => one.path === each.path);
    if (setting && setting.set_by !== "environment") change(setting, each.value);
  }
}

const card = (profile, close) =>
  h(
    "section",
    { class: "card profile" },
    h("header", {}, h("h3", {}, has(`settings.profile_${profile.name}`) ? t(`settings.profile_${profile.name}`) : profile.name), profile.recommended ? badge("ok", t("settings.recommended")) : null),
    h("p", {}, () => ticked(said(profile.help))),
    h("ul", { class: "plain-list profile-list" }, profile.changes.map((each) => h("li", {}, h("code", {}, each.path), " ", h("span", {}, each.value === null ? t("settings.default") : String(each.value))))),
    h("button", { type: "button", class: profile.recommended ? "primary" : "", onclick: () => close(profile) }, t("settings.profile_take")),
  );
