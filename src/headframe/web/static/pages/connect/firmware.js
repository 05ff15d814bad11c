// Where to type what, by kind of miner.
//
// Responsible for: the fields of the usual firmwares by their own names, filled with this server's values.
// Not responsible for: the values (the server).
//
// Names of menus and fields are those that stand on the devices, in English as there; they are not translated.

import { copyable } from "../../parts/copy.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { signal } from "../../core/signals.js";

/** Host and port of "stratum+tcp://[fd00::1]:3333". */
function placeOf(url) {
  const rest = url.replace(/^[a-z+]+:\/\//, "");
  const at = rest.lastIndexOf(":");
  return { host: rest.slice(0, at).replace(/^\[|\]$/g, ""), port: rest.slice(at + 1) };
}

// [name, what it is called, menus to go through, fields of (url, host, port, user, password)]
const FIRMWARES = [
  ["axeos", "AxeOS (Bitaxe, NerdQAxe)", ["Settings", "Pool"], ({ host, port, user, password }) => [["Stratum Host", host], ["Stratum Port", port], ["Stratum User", user], ["Stratum Password", password]]],
  ["antminer", "Antminer", ["Setting", "Miner Configuration", "Pool 1"], ({ url, user, password }) => [["URL", url], ["Worker", user], ["Password", password]]],
  ["whatsminer", "Whatsminer", ["Configuration", "CGMiner Configuration", "Pool 1"], ({ url, user, password }) => [["Pool 1", url], ["Pool1 worker", user], ["Pool1 password", password]]],
  ["avalon", "Avalon", ["Pool Configuration", "Pool 1"], ({ url, user, password }) => [["Pool", url], ["Worker", user], ["Worker Password", password]]],
  ["braiins", "Braiins OS", ["Configuration", "Pools"], ({ url, user, password }) => [["URL", url], ["Username", user], ["Password", password]]],
];

/** Tabs, as the ARIA pattern has them: arrows move, only the open one is in the Tab order. */
export function firmwareTabs(connect) {
  const open = signal(FIRMWARES[0][0]);
  const url = connect.plain[0] ?? connect.tls[0];
  const values = { url, ...placeOf(url), user: connect.user, password: connect.password };
  const tabs = new Map();
  const move = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const names = FIRMWARES.map(([name]) => name);
    const next = names[(names.indexOf(open.peek()) + by + names.length) % names.length];
    open.set(next);
    tabs.get(next).focus();
  };
  return [
    h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": () => t("connect.firmware"), onkeydown: move },
      FIRMWARES.map(([name, word]) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            id: `tab-${name}`,
            class: "chip",
            ref: (element) => tabs.set(name, element),
            "aria-controls": `panel-${name}`,
            "aria-selected": () => String(open() === name),
            tabindex: () => (open() === name ? 0 : -1),
            onclick: () => open.set(name),
          },
          word,
        ),
      ),
    ),
    FIRMWARES.map(([name, , menus, fields]) =>
      h(
        "div",
        { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: () => open() !== name, tabindex: "0", class: "firmware" },
        h("p", {}, () => t("connect.open_menu"), " ", h("strong", {}, menus.join(" › "))),
        h("dl", { class: "set-facts" }, fields(values).map(([field, value]) => [h("dt", {}, field), h("dd", {}, copyable(value, { label: field }))])),
        h("p", { class: "soft" }, () => t(`connect.note_${name}`)),
      ),
    ),
  ];
}
