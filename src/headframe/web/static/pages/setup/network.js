// Step 2: the network.
//
// Responsible for: which Bitcoin network is mined. Not responsible for: which exist (the server says).

import { h } from "../../core/dom.js";
import { has, t } from "../../core/i18n.js";
import { answers, view } from "./answers.js";
import { choices, stepForm } from "./frame.js";

export const networkStep = () => [
  h("p", {}, () => t("setup.network_why")),
  stepForm("network", {
    body: () =>
      choices(
        t("setup.step_network"),
        answers.network,
        view().networks.map((name) => [name, name, has(`setup.network_${name}`) ? t(`setup.network_${name}`) : ""]),
      ),
  }),
];
