// Numbers and times for people.
//
// Responsible for: SI units, difficulties, shares of a whole, money, ages in words; "unknown" for what is not known.
// Not responsible for: words (core/i18n.js).
//
// Every function takes null for unknown and says so; none ever shows an unknown as 0.

import { locale, t } from "./i18n.js";
import { clockSkew } from "./live.js";

const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const BELOW = ["", "m", "µ", "n", "p", "f", "a"];
const SMALL = 0.0009995; // less is told with a prefix: 456 µ; the difficulties of a test network are so small
const formats = new Map();

function number(value, options) {
  const name = locale() + JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new Intl.NumberFormat(locale(), options));
  return formats.get(name).format(value);
}

const unknown = () => t("core.unknown");
const isNothing = (value) => value === null || value === undefined || Number.isNaN(value);

/** Three significant digits and an SI prefix: 1.23 T, 45.6 µ. */
export function si(value, unit = "") {
  if (isNothing(value)) return unknown();
  let [size, place] = [Math.abs(value), 0];
  while (size >= 999.5 && place < PREFIXES.length - 1) [size, place] = [size / 1000, place + 1];
  if (size > 0 && size < SMALL) return `${number(Math.sign(value) * upTo1(size), { maximumSignificantDigits: 3 })}\u202f${BELOW[stepsBelow(size)]}${unit}`;
  if (size > 0 && size < 0.0995 && place === 0) {
    return `${number(value, { maximumSignificantDigits: 3 })}${unit ? ` ${unit}` : ""}`;
  }
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const plain = place === 0 && Number.isInteger(value);
  const text = number(Math.sign(value) * size, {
    minimumFractionDigits: plain ? 0 : digits,
    maximumFractionDigits: plain ? 0 : digits,
  });
  const suffix = `${PREFIXES[place]}${unit}`;
  return suffix ? `${text}\u202f${suffix}` : text;
}

const stepsBelow = (size) => Math.min(BELOW.length - 1, Math.max(1, Math.ceil(-Math.log10(size * 1.0005) / 3)));
const upTo1 = (size) => size * 1000 ** stepsBelow(size);

export const hashrate = (value) => si(value, "H/s");
export const difficulty = (value) => si(value);
export const count = (value) => (isNothing(value) ? unknown() : number(value, {}));
export const decimal = (value, digits = 2) =>
  isNothing(value) ? unknown() : number(value, { maximumFractionDigits: digits });

/** A part of a whole (0..1) in percent; small ones keep two digits that say something, so that those of a column can be
 * compared: 0.30 % beside 0.31 %. Whole ones stay whole. */
export function percent(value, digits) {
  if (isNothing(value)) return unknown();
  if (digits !== undefined) return number(value, { style: "percent", maximumFractionDigits: digits });
  const size = Math.abs(value * 100);
  if (Math.abs(size - Math.round(size)) < 1e-9) return number(value, { style: "percent" });
  if (size < 0.0995) return number(value, { style: "percent", maximumSignificantDigits: 2 });
  const places = size >= 9.995 ? 1 : 2;
  return number(value, { style: "percent", minimumFractionDigits: places, maximumFractionDigits: places });
}

/** How far a hashrate may be off that was measured from so many shares: one standard deviation. */
export const errorOf = (shares) => (shares > 0 ? 1 / Math.sqrt(shares) : null);

const COINS = { btc: "BTC", bch: "BCH" };
export function coins(sats, chain = "btc") {
  if (isNothing(sats)) return unknown();
  return `${number(sats / 1e8, { minimumFractionDigits: 8 })}\u202f${COINS[chain] ?? chain.toUpperCase()}`;
}
/** Of an estimate, which has no eight places to say. */
export const aboutCoins = (sats, chain = "btc") =>
  isNothing(sats) ? unknown() : `${number(sats / 1e8, { maximumSignificantDigits: 3 })}\u202f${COINS[chain] ?? chain.toUpperCase()}`;
export const sats = (value) => (isNothing(value) ? unknown() : `${number(value, {})}\u202fsat`);
export const bytes = (value) => si(value, "B");

export const serverNow = () => Date.now() + clockSkew.peek();

const STEPS = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86400, 3600, "hour"],
  [86400 * 30, 86400, "day"],
  [86400 * 365, 86400 * 30, "month"],
  [Infinity, 86400 * 365, "year"],
];

/** "3 min ago" of a time in Unix milliseconds. */
export function ago(ms, now = serverNow()) {
  if (isNothing(ms) || ms === 0) return t("core.never");
  const seconds = Math.max(0, (now - ms) / 1000);
  const [, size, unit] = STEPS.find(([below]) => seconds < below);
  const name = `ago${locale()}`;
  if (!formats.has(name)) formats.set(name, new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" }));
  return formats.get(name).format(-Math.floor(seconds / size), unit);
}

/** "2 h 5 min": a length of time in its two largest units. */
export function duration(seconds) {
  if (isNothing(seconds)) return unknown();
  if (!Number.isFinite(seconds)) return t("core.never");
  const units = [
    [86400 * 365, "year"],
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const at = Math.max(
    0,
    units.findIndex(([size]) => seconds >= size),
  );
  const first = seconds < 1 ? units.length - 1 : at;
  const [size, unit] = units[first];
  const inUnits = (value, of) => number(value, { style: "unit", unit: of, unitDisplay: "short" });
  const whole = Math.floor(seconds / size);
  if (seconds < 1) return inUnits(Number(seconds.toPrecision(2)), "second");
  if (whole >= 1000) return inUnits(Number(whole.toPrecision(3)), unit);
  const rest = Math.floor((seconds - whole * size) / (units[first + 1]?.[0] ?? Infinity));
  return rest ? `${inUnits(whole, unit)} ${inUnits(rest, units[first + 1][1])}` : inUnits(whole, unit);
}

export function time(ms, options = { dateStyle: "medium", timeStyle: "medium" }) {
  if (isNothing(ms) || ms === 0) return unknown();
  const name = `time${locale()}${JSON.stringify(options)}`;
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(locale(), options));
  return formats.get(name).format(ms);
}

/** The middle of a long hash or address: enough to compare. */
export const short = (text, ends = 6) => (text.length > 2 * ends + 1 ? `${text.slice(0, ends)}…${text.slice(-ends)}` : text);
