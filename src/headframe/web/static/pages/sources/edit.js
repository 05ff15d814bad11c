// Adding and changing sources.
//
// Responsible for: the dialogs, made of the settings that the server says a source has.
// Not responsible for: single fields (pages/sources/fields.js), trying (pages/sources/test.js).

import { api, part } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { percent } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { computed, signal } from "../../core/signals.js";
import { dialog, toast } from "../../parts/dialog.js";
import { field, form, text } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { fitting, partOf } from "./balance.js";
import { sayResult } from "./draft.js";
import { fieldsOf } from "./fields.js";
import { tester } from "./test.js";

const ofKind = (all, kind) => all.of_sources.filter((one) => one.variant === kind || one.variant === "");

/** What a weight makes of its tier, beside those of the other sources of it. */
const shareBeside = (others) => (typed) => {
  const [weight, tier] = [Number(typed("weight")), typed("tier")];
  const weights = others.filter((one) => String(one.values.tier) === tier).map((one) => one.values.weight);
  const part = Number.isInteger(weight) && weight >= 0 ? partOf(weight, weights) : null;
  return part === null ? "" : t("balance.weight_is", { part: percent(part) });
};

/** The weight that is offered to one more source: as much as those of the first tier have on average. */
function offered(sources) {
  const first = Math.min(...sources.map((one) => one.values.tier));
  const weight = fitting(sources.filter((one) => one.values.tier === first).map((one) => one.values.weight));
  return weight === null ? {} : { weight: String(weight) };
}

const body = (fields, problem, test, values) => {
  const both = either(problem, test.problem);
  return [
    fields.nodes(both),
    h("details", {}, h("summary", {}, t("sources.more")), h("div", { class: "form more-fields" }, fields.more(both))),
    h("div", { class: "test-row" }, h("button", { type: "button", disabled: test.busy, onclick: () => test.run(values()) }, icon("bolt", { size: 16 }), t("sources.test")), test.node),
  ];
};

// What is wrong with a field, whether it was found by saving or by trying.
const either = (saving, trying) => (name) => {
  const [one, other] = [saving(name), trying(name)];
  return () => one() || other();
};

export async function addSource() {
  const all = await api.get("settings");
  const kinds = [...new Set(all.of_sources.map((one) => one.variant))].filter(Boolean);
  const network = all.sources.find((one) => one.values.network)?.values.network;
  // A house of one network is the rule.
  const usual = { ...(network ? { network } : {}), ...offered(all.sources) };
  const kind = signal(kinds.includes("pool") ? "pool" : kinds[0]);
  const name = signal("");
  const done = await dialog(
    t("sources.add"),
    (close) => {
      const made = new Map(kinds.map((each) => [each, { fields: fieldsOf(ofKind(all, each), {}, usual, { weight: shareBeside(all.sources) }), test: tester(each) }]));
      const now = computed(() => made.get(kind()));
      const forget = () => now.peek().test.forget();
      // The same words as in the file: nothing that was left empty.
      const values = () => ({ name: name.peek().trim() || undefined, kind: kind.peek(), ...Object.fromEntries(Object.entries(now.peek().fields.changed()).filter(([, value]) => value !== null)) });
      return form({
        changed: forget,
        body: (problem) => [
          h(
            "div",
            { class: "tabs", role: "group", "aria-label": t("sources.kind") },
            kinds.map((each) => h("button", { type: "button", class: "chip", "aria-pressed": () => String(kind() === each), onclick: () => kind.set(each) }, icon(each, { size: 16 }), t(`sources.kind_${each}`))),
          ),
          h("p", { class: "soft" }, () => t(`sources.kind_help_${kind()}`)),
          field({ label: t("sources.name"), help: t("sources.name_help"), wide: true, problem: problem("name"), control: text(name, { required: true, maxlength: 32, autocomplete: "off", spellcheck: "false" }) }),
          show(now, (one) => body(one.fields, problem, one.test, values)),
        ],
        send: async () => {
          const result = await api.post("sources", { values: values() });
          close(result);
        },
        act: t("sources.add"),
        cancel: () => close(),
      });
    },
    { wide: true },
  );
  if (!done) return;
  sayResult(done);
  toast(t("sources.added", { name: name.peek().trim() }));
}

export async function editSource(source) {
  const all = await api.get("settings");
  const had = all.sources.find((one) => one.name === source.name);
  const done = await dialog(
    t("sources.edit_title", { name: source.name }),
    (close) => {
      const fields = fieldsOf(ofKind(all, source.kind), had?.values, {}, { weight: shareBeside(all.sources.filter((one) => one.name !== source.name)) });
      const test = tester(source.kind, source.name);
      return form({
        changed: test.forget,
        body: (problem) => [h("p", { class: "soft" }, t("sources.edit_help")), body(fields, problem, test, fields.changed)],
        send: async () => {
          const values = fields.changed();
          close(Object.keys(values).length ? await api.patch(`sources/${part(source.name)}`, { values }) : { unchanged: true });
        },
        act: t("sources.save"),
        cancel: () => close(),
      });
    },
    { wide: true },
  );
  if (!done || done.unchanged) return;
  sayResult(done);
  toast(t("sources.saved", { name: source.name }));
}
