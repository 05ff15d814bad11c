// Step 6: ports.
//
// Responsible for: where miners and where browsers reach us, and what each means.
// Not responsible for: firewalls, TLS of the web port (the settings page).

import { field, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { answers, stratumListen, webListen } from "./answers.js";
import { choices, stepForm } from "./frame.js";

const { ports } = answers;

const wrongPort = (value) => {
  const port = Number(value.trim());
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? "" : t("setup.port_wrong");
};

const port = (label, value) =>
  field({ label, control: text(value, { inputmode: "numeric", maxlength: 5 }), problem: () => wrongPort(value()) });

export function portsStep() {
  const send = async () => {
    const wrong = wrongPort(ports.stratumPort.peek()) || wrongPort(ports.webPort.peek());
    const same = ports.stratumPort.peek().trim() === ports.webPort.peek().trim() ? t("setup.ports_same") : "";
    if (wrong || same) throw Object.assign(new Error(wrong || same), { status: 422, problems: [] });
  };
  return stepForm("ports", {
    send,
    body: () => [
      h("h2", {}, icon("miners"), " ", () => t("setup.ports_stratum")),
      h("p", {}, () => t("setup.ports_stratum_why")),
      choices(t("setup.ports_stratum"), ports.stratum, [
        ["all", t("setup.reach_all"), t("setup.reach_all_stratum")],
        ["here", t("setup.reach_here"), t("setup.reach_here_stratum")],
      ]),
      port(() => t("setup.ports_stratum_port"), ports.stratumPort),
      h("p", { class: "soft" }, () => t("setup.listens"), " ", h("code", {}, stratumListen)),
      h("hr", {}),
      h("h2", {}, icon("dashboard"), " ", () => t("setup.ports_web")),
      h("p", {}, () => t("setup.ports_web_why")),
      choices(t("setup.ports_web"), ports.web, [
        ["here", t("setup.reach_here"), t("setup.reach_here_web")],
        ["all", t("setup.reach_all"), t("setup.reach_all_web")],
      ]),
      port(() => t("setup.ports_web_port"), ports.webPort),
      h("p", { class: "soft" }, () => t("setup.listens"), " ", h("code", {}, webListen)),
    ],
  });
}
