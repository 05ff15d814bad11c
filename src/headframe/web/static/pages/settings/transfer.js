// Export and import.
//
// Responsible for: the file as a download; a file or text that takes its place, shown as changes before it is applied.
// Not responsible for: reading TOML (the server).

import { diffTable } from "../../parts/diff.js";
import { dialog, toast } from "../../parts/dialog.js";
import { form } from "../../parts/form.js";
import { badge } from "../../parts/status.js";
import { ticked } from "../../parts/ticked.js";
import { icon } from "../../parts/icon.js";
import { api } from "../../core/api.js";
import { h, show } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { saidBoth } from "../../core/said.js";
import { signal } from "../../core/signals.js";
import { pathsOf, waitingOf } from "./bar.js";
import { forget, load } from "./draft.js";

const MAX_BYTES = 200_000;

export const exportLink = () => h("a", { class: "button", href: "/api/v1/settings/export", download: "headframe.toml" }, icon("download", { size: 16 }), () => t("settings.export"));

export const importButton = () => h("button", { type: "button", onclick: ask }, icon("upload", { size: 16 }), () => t("settings.import"));

async function ask() {
  const text = signal("");
  const seen = signal(null); // {text, result} of the last look
  const choose = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    if (file.size > MAX_BYTES) toast(t("settings.import_large"), { kind: "bad" });
    else text.set(await file.text());
  };
  const current = () => (seen()?.text === text() ? seen().result : null);
  const done = await dialog(
    t("settings.import"),
    (close) =>
      form({
        cancel: () => close(),
        act: () => t(current() ? "settings.import_apply" : "settings.import_look"),
        send: async () => {
          if (!current()) {
            seen.set({ text: text.peek(), result: await api.post("settings/import", { text: text.peek(), check_only: true }) });
            return;
          }
          close(await api.post("settings/import", { text: text.peek(), check_only: false }));
        },
        body: (problem) => [
          h("p", {}, t("settings.import_why")),
          h("input", { type: "file", accept: ".toml,text/plain,application/toml", onchange: choose, "aria-label": t("settings.import_file") }),
          h("textarea", { rows: 8, class: "mono", spellcheck: "false", "aria-label": t("settings.import_text"), placeholder: t("settings.import_text"), value: text, oninput: (e) => text.set(e.target.value) }),
          () => (problem("")() ? h("p", { class: "problem" }, problem("")()) : null),
          show(current, (result) => (result ? preview(result) : null)),
        ],
      }),
    { wide: true },
  );
  if (!done) return;
  forget();
  await load();
  toast(t("settings.imported", { count: pathsOf(done).length }), { remedy: waitingOf(done).length ? t("settings.waiting", { count: waitingOf(done).length }) : "" });
}

const preview = (result) => [
  h("h3", {}, t("settings.import_changes")),
  diffTable(result.before, result.after, { note: (path) => (result.needs_restart.includes(path) ? badge("warn", t("settings.waits")) : null) }) ?? h("p", {}, t("settings.import_same")),
  result.doubts.length ? h("ul", {}, result.doubts.map((doubt) => h("li", {}, badge("warn", t("settings.doubt")), " ", doubt.path, " ", () => ticked(saidBoth(doubt))))) : null,
];
