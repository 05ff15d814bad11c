// Making pages.
//
// Responsible for: elements from calls, text that follows signals, keyed lists that keep their nodes.
// Not responsible for: what is shown. Nothing here ever parses markup: all that comes from data is text.
//
// h("p", { class: "note", onclick: act }, "text", node, () => live()): functions as children or properties are live.

import { computed, effect, onEnd, scope, signal, untracked } from "./signals.js";

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "indeterminate", "selected", "open", "hidden", "readOnly"]);
const LINKS = new Set(["href", "src", "action", "formaction", "xlink:href"]);

function put(element, name, value) {
  if (name === "class") {
    element.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : (value ?? ""));
  } else if (name === "style") {
    for (const [key, each] of Object.entries(value ?? {})) element.style.setProperty(key, each);
  } else if (AS_PROPERTY.has(name) && element.namespaceURI !== SVG) {
    if (element[name] !== value) element[name] = value;
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (LINKS.has(name) && !/^(\/(?!\/)|#|https?:|\.\/|data:image\/)/i.test(String(value).trim())) {
    element.removeAttribute(name); // a scheme that could act, out of data: never
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

function make(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "ref") value(element);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "function") effect(() => put(element, name, value()));
    else put(element, name, value);
  }
  add(element, children);
  return element;
}

export const h = (tag, properties, ...children) => make(document.createElement(tag), properties, children);
export const svg = (tag, properties, ...children) => make(document.createElementNS(SVG, tag), properties, children);

/** Append what `h` takes as children. */
export function add(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (child instanceof Node) parent.append(child);
    else if (typeof child === "function") live(parent, child);
    else parent.append(String(child));
  }
}

// What a function made stands between two comments; whatever came in between since (rows of `each`) goes with it.
function live(parent, body) {
  const [start, end] = [document.createComment(""), document.createComment("")];
  parent.append(start, end);
  effect(() => {
    const value = body();
    const only = start.nextSibling;
    const plain = typeof value === "string" || typeof value === "number";
    if (plain && only instanceof Text && only.nextSibling === end) {
      if (only.data !== String(value)) only.data = String(value);
      return;
    }
    while (start.nextSibling !== end) start.nextSibling.remove();
    const fragment = document.createDocumentFragment();
    add(fragment, value);
    end.before(fragment);
  });
}

/** A live child: `when` is watched, what `body(value)` reads is not; made anew only when `when()` changes. */
export const show = (when, body) => {
  const value = computed(when);
  return () => {
    const now = value();
    return untracked(() => body(now));
  };
};

/** Rows that keep their nodes: `list()` items, `key(item)`, `body(item signal)` makes one node per key, once. */
export function each(list, key, body) {
  const holder = document.createDocumentFragment();
  const end = document.createComment("");
  holder.append(end);
  const rows = new Map();
  effect(() => {
    const items = list() ?? [];
    // What is gone goes first: rows that stay are then in their places already, and are not moved (moving loses the focus).
    const wanted = new Set(items.map((item) => key(item)));
    for (const [name, row] of rows) {
      if (wanted.has(name)) continue;
      row.stop();
      row.node.remove();
      rows.delete(name);
    }
    const seen = new Set();
    let before = null;
    for (const item of items) {
      const name = key(item);
      if (seen.has(name)) continue;
      seen.add(name);
      let row = rows.get(name);
      if (row) {
        row.item.set(item);
      } else {
        const held = signal(item);
        const [node, stop] = scope(() => body(held));
        row = { item: held, node, stop };
        rows.set(name, row);
      }
      const place = before ? before.nextSibling : (first(rows, end) ?? end);
      if (place !== row.node) (before ? before.after(row.node) : place.before(row.node));
      before = row.node;
    }
  });
  onEnd(() => rows.forEach((row) => row.stop()));
  return holder;
}

function first(rows, end) {
  let node = end;
  const nodes = new Set([...rows.values()].map((row) => row.node));
  while (node.previousSibling && nodes.has(node.previousSibling)) node = node.previousSibling;
  return node;
}

/** Take all children out and put these in. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
}
