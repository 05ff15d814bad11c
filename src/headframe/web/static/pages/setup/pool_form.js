// One pool, entered and tested.
//
// Responsible for: the dialog of a pool while setting up; what it gives is a [[source]] and what its test found.
// Not responsible for: the many other settings of a pool (the pages of sources and settings).

import { dialog } from "../../parts/dialog.js";
import { choice, field, form, password, text } from "../../parts/form.js";
import { testing, testReport } from "../../parts/test_report.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { computed, signal } from "../../core/signals.js";
import { answers, without } from "./answers.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Resolves with {values, report}, or undefined when it was dismissed. `taken`: names that are others'. */
export function enterPool({ values, taken }) {
  const given = {
    name: signal(values.name ?? ""),
    chain: signal(values.chain ?? "btc"),
    url: signal(values.url?.[0] ?? ""),
    user: signal(values.user ?? "{wallet}.{worker}"),
    wallet: signal(values.wallet ?? answers.payout.address.peek()),
    password: signal(values.password ?? ""),
  };
  const read = () =>
    without({
      name: given.name().trim(),
      kind: "pool",
      chain: given.chain(),
      network: answers.network.peek(),
      url: [given.url().trim()],
      user: given.user().trim() || null,
      wallet: given.user().includes("{wallet}") ? given.wallet().trim() || null : null,
      password: given.password() || null,
    });
  return dialog(t(values.name ? "setup.pool_edit" : "setup.pool_add"), (close) => body(close, given, read, taken, values.weight ?? 100), { wide: true });
}

function body(close, given, read, taken, weight) {
  const tested = signal(null);
  const busy = signal(false);
  const report = computed(() => (tested() && JSON.stringify(read()) === JSON.stringify(tested().values) ? tested().report : null));
  const send = async () => {
    const values = read();
    check(values, taken);
    if (report.peek()?.ok) return keep();
    busy.set(true);
    try {
      tested.set({ values, report: await api.post("setup/check-pool", { values }) });
    } finally {
      busy.set(false);
    }
  };
  const keep = () => close({ values: { ...tested.peek().values, weight }, report: tested.peek().report });
  return form({
    send,
    cancel: () => close(),
    act: () => t(report()?.ok ? "setup.pool_take" : report() ? "test.again" : "test.act"),
    also: () => (report() && !report().ok ? h("button", { type: "button", disabled: busy, onclick: keep }, t("setup.pool_keep")) : null),
    body: (problem) => [
      h("div", { class: "fields" }, fields(given, problem)),
      show(
        computed(() => (busy() ? "busy" : report())),
        (now) => (now === "busy" ? testing("pool") : now ? testReport(now) : null),
      ),
    ],
  });
}

function check(values, taken) {
  const wrong = (path, says) => {
    throw Object.assign(new Error(says), { status: 422, problems: [{ path, text: says, remedy: "" }] });
  };
  if (!NAME.test(values.name)) wrong("name", t("setup.name_wrong"));
  if (taken.includes(values.name)) wrong("name", t("setup.name_taken"));
  if (!values.url[0]) wrong("url", t("setup.url_missing"));
}

const fields = (given, problem) => [
  field({ label: () => t("setup.source_name"), help: () => t("setup.source_name_help"), control: text(given.name, { maxlength: 32, spellcheck: "false" }), problem: problem("name") }),
  field({
    label: () => t("setup.pool_chain"),
    control: choice(given.chain, [
      ["btc", "Bitcoin (BTC)"],
      ["bch", "Bitcoin Cash (BCH)"],
    ]),
    problem: problem("chain"),
  }),
  field({
    label: () => t("setup.pool_url"),
    help: () => t("setup.pool_url_help"),
    control: text(given.url, { placeholder: "stratum+tcp://pool.example:3333", inputmode: "url", spellcheck: "false", autocapitalize: "none" }),
    problem: problem("url"),
  }),
  field({ label: () => t("setup.pool_user"), help: () => t("setup.pool_user_help"), control: text(given.user, { spellcheck: "false", autocapitalize: "none" }), problem: problem("user") }),
  () =>
    given.user().includes("{wallet}")
      ? field({ label: t("setup.pool_wallet"), help: t("setup.pool_wallet_help"), control: text(given.wallet, { spellcheck: "false", autocapitalize: "none", class: "mono" }), problem: problem("wallet") })
      : null,
  field({ label: () => t("setup.pool_password"), help: () => t("setup.pool_password_help"), control: password(given.password, { autocomplete: "off" }), problem: problem("password") }),
];
