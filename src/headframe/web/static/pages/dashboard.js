// The first page.
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
export const title = () => t("core.nav_dashboard");
export const page = () => h("h1", {}, title);
