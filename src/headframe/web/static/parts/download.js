// Something to keep as a file.
//
// Responsible for: saving a text that the page has; nothing is asked of the server.
// Not responsible for: files that the server makes (plain links with `download`).

import { h } from "../core/dom.js";

export function saveText(name, text, type = "text/plain") {
  const link = h("a", { download: name });
  // Set as a property: `h` takes no blob: addresses, since those could come out of data.
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
