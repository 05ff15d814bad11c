// QR codes (ISO/IEC 18004), as a matrix of dark and light.
//
// Responsible for: texts up to some 400 bytes in byte mode, error correction level M, versions 1 to 15.
// Not responsible for: drawing (parts/qr.js).
//
// The server draws those of addresses; this one is for secrets, which should not travel once more.

// By version (from 1): codewords of error correction in each block, and how many blocks there are (level M, table 9).
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10];
const LEVEL_M = 0;

// The field of 256 elements with the polynomial x^8 + x^4 + x^3 + x^2 + 1.
const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  EXP[power] = EXP[power + 255] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const multiply = (one, other) => (one && other ? EXP[LOG[one] + LOG[other]] : 0);

/** Bits of data and correction that fit, after the fixed patterns (clause 7.1). */
function roomOf(version) {
  const size = 17 + 4 * version;
  const finders = 3 * 64 + 2 * 15 + 1; // with separators, format and the one dark module
  const timing = 2 * (size - 16);
  const across = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const alignment = version === 1 ? 0 : 25 * (across * across - 3) - 5 * 2 * (across - 2);
  return size * size - finders - timing - alignment - (version >= 7 ? 36 : 0);
}

const dataBytes = (version) => Math.floor(roomOf(version) / 8) - CORRECTION[version - 1] * BLOCKS[version - 1];

function remainder(data, length) {
  let generator = [1];
  for (let root = 0; root < length; root++) {
    const next = [...generator, 0];
    generator.forEach((factor, at) => (next[at + 1] ^= multiply(factor, EXP[root])));
    generator = next;
  }
  const rest = [...data, ...new Array(length).fill(0)];
  for (let at = 0; at < data.length; at++) {
    const factor = rest[at];
    if (factor) generator.forEach((each, by) => (rest[at + by] ^= multiply(each, factor)));
  }
  return rest.slice(data.length);
}

function codewords(bytes, version) {
  const bits = [];
  const push = (value, count) => {
    for (let at = count - 1; at >= 0; at--) bits.push((value >> at) & 1);
  };
  push(0b0100, 4); // byte mode
  push(bytes.length, version < 10 ? 8 : 16);
  for (const each of bytes) push(each, 8);
  const room = dataBytes(version) * 8;
  push(0, Math.min(4, room - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) push(pad, 8);
  const data = Array.from({ length: room / 8 }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  return interleaved(data, CORRECTION[version - 1], BLOCKS[version - 1]);
}

// Later blocks may be one longer; both parts go out column by column.
function interleaved(data, correction, count) {
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const blocks = [];
  for (let block = 0, at = 0; block < count; block++) {
    const length = short + (block >= count - longer ? 1 : 0);
    blocks.push(data.slice(at, at + length));
    at += length;
  }
  const rests = blocks.map((block) => remainder(block, correction));
  const out = [];
  for (let at = 0; at <= short; at++) for (const block of blocks) if (at < block.length) out.push(block[at]);
  for (let at = 0; at < correction; at++) for (const rest of rests) out.push(rest[at]);
  return out;
}

const MASKS = [
  (x, y) => (x + y) % 2,
  (x, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

function patterns(version) {
  const size = 17 + 4 * version;
  const fixed = Array.from({ length: size }, () => new Array(size).fill(null));
  const set = (x, y, dark) => {
    if (x >= 0 && y >= 0 && x < size && y < size) fixed[y][x] = dark ? 1 : 0;
  };
  for (let at = 8; at < size - 8; at++) {
    set(at, 6, at % 2 === 0);
    set(6, at, at % 2 === 0);
  }
  for (const [left, top] of [[0, 0], [size - 7, 0], [0, size - 7]]) {
    for (let y = -1; y <= 7; y++) {
      for (let x = -1; x <= 7; x++) {
        const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        set(left + x, top + y, ring !== 2 && ring !== 4);
      }
    }
  }
  const places = alignments(version, size);
  for (const x of places) {
    for (const y of places) {
      if (fixed[y][x] !== null && !(x === 6 && y !== 6 && y < size - 8) && !(y === 6 && x !== 6 && x < size - 8)) continue;
      if ((x === 6 && (y === 6 || y === size - 7)) || (y === 6 && x === size - 7)) continue;
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }
  return { size, fixed, set };
}

function alignments(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((size - 13) / (2 * count - 2)) * 2;
  const places = [6];
  for (let at = size - 7; places.length < count; at -= step) places.splice(1, 0, at);
  return places;
}

function check(value, bits, generator, length) {
  let rest = value;
  for (let at = 0; at < length; at++) rest = (rest << 1) ^ ((rest >> (length - 1)) & 1 ? generator : 0);
  return (value << length) | (rest & ((1 << length) - 1) & (2 ** bits * 2 ** length - 1));
}

function putFormat({ size, set }, version, mask) {
  const format = check((LEVEL_M << 3) | mask, 5, 0x537, 10) ^ 0x5412;
  const bit = (at) => (format >> at) & 1;
  for (let at = 0; at <= 5; at++) set(8, at, bit(at));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let at = 9; at < 15; at++) set(14 - at, 8, bit(at));
  for (let at = 0; at < 8; at++) set(size - 1 - at, 8, bit(at));
  for (let at = 8; at < 15; at++) set(8, size - 15 + at, bit(at));
  set(8, size - 8, 1);
  if (version < 7) return;
  const words = check(version, 6, 0x1f25, 12);
  for (let at = 0; at < 18; at++) {
    const [near, far] = [Math.floor(at / 3), size - 11 + (at % 3)];
    set(far, near, (words >> at) & 1);
    set(near, far, (words >> at) & 1);
  }
}

// Two columns at a time, up and down from the right, around what is fixed.
function fillIn(fixed, size, bytes, mask) {
  const grid = fixed.map((row) => [...row]);
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5; // the timing column
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step++) {
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y][x] !== null) continue;
        const bit = at < bytes.length * 8 ? (bytes[at >> 3] >> (7 - (at & 7))) & 1 : 0;
        grid[y][x] = bit ^ (MASKS[mask](x, y) === 0 ? 1 : 0);
        at++;
      }
    }
  }
  return grid;
}

// How hard it is to read (clause 7.8.3): runs, squares, what looks like a finder, and too much of one colour.
function penalty(grid) {
  const size = grid.length;
  let total = 0;
  let dark = 0;
  const lines = [...grid, ...grid[0].map((_, x) => grid.map((row) => row[x]))];
  for (const line of lines) {
    const text = line.join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) total += run.length - 2;
    for (let at = text.indexOf("1011101"); at >= 0; at = text.indexOf("1011101", at + 1)) {
      if (/^0*$/.test(text.slice(Math.max(0, at - 4), at)) || /^0*$/.test(text.slice(at + 7, at + 11))) total += 40;
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      dark += grid[y][x];
      if (x && y && grid[y][x] === grid[y - 1][x] && grid[y][x] === grid[y][x - 1] && grid[y][x] === grid[y - 1][x - 1]) total += 3;
    }
  }
  return total + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10));
}

/** Rows of 0 and 1 (dark), without the quiet zone. Throws for a text that is too long. */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  const header = (version) => (version < 10 ? 2 : 3);
  let version = 1;
  while (version <= CORRECTION.length && dataBytes(version) < bytes.length + header(version)) version++;
  if (version > CORRECTION.length) throw new RangeError("too long for a QR code");
  const words = codewords(bytes, version);
  const made = patterns(version);
  let best = null;
  for (let mask = 0; mask < 8; mask++) {
    putFormat(made, version, mask);
    const grid = fillIn(made.fixed, made.size, words, mask);
    const cost = penalty(grid);
    if (!best || cost < best.cost) best = { grid, cost };
  }
  return best.grid;
}
