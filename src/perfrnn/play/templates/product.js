// Products of a matrix and a vector, four numbers at a time. WebAssembly's vector instructions are
// several times as fast as plain JavaScript, so the one function in need of them is written in
// them here, each by the number that the WebAssembly specification gives it.
"use strict";

// addProduct(sums, matrix, vector, rows, width): places in memory; the number of rows, a multiple
// of four; and the bytes of a row, a multiple of 16.
const PRODUCT_MODULE = (() => {
  const [I32, V128] = [0x7f, 0x7b];
  const [SUMS, MATRIX, VECTOR, ROWS, WIDTH] = [0, 1, 2, 3, 4];
  const [PLACE, PART, SUM] = [5, 6, 7]; // locals: bytes done, part of the vector, sums of 4 rows
  const get = (local) => [0x20, local];
  const set = (local) => [0x21, local];
  const number = (value) => [0x41, value];
  const add = [0x6a];
  const subtract = [0x6b];
  const isBelow = [0x49];
  const addFloats = [0x92];
  const loadFloat = (place) => [0x2a, 2, place];
  const storeFloat = (place) => [0x38, 2, place];
  const loadFour = [0xfd, 0x00, 2, 0];
  const fourZeros = [0xfd, 0x0c, ...Array(16).fill(0)];
  const addFours = [0xfd, 0xe4, 0x01];
  const multiplyFours = [0xfd, 0xe6, 0x01];
  const oneOf = (index) => [0xfd, 0x1f, index];
  const each = (instructions) => [0, 1, 2, 3].flatMap((index) => instructions(index).flat());
  // The body is run again for as long as it ends with a number other than 0.
  const loop = (...body) => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b];

  const startOfRow = (row) => [...get(MATRIX), ...Array(row).fill([...get(WIDTH), ...add]).flat()];
  const addParts = (row) => [
    startOfRow(row), get(PLACE), add, loadFour, get(PART), multiplyFours,
    get(SUM + row), addFours, set(SUM + row),
  ];
  const storeSum = (row) => [
    get(SUMS), get(SUMS), loadFloat(4 * row),
    each((index) => [get(SUM + row), oneOf(index), addFloats]), storeFloat(4 * row),
  ];
  const body = [
    2, 1, I32, 5, V128, // locals
    ...loop(
      each((row) => [fourZeros, set(SUM + row)]),
      number(0), set(PLACE),
      loop(
        get(VECTOR), get(PLACE), add, loadFour, set(PART),
        each(addParts),
        get(PLACE), number(16), add, set(PLACE),
        get(PLACE), get(WIDTH), isBelow,
      ),
      each(storeSum),
      get(SUMS), number(16), add, set(SUMS),
      startOfRow(4), set(MATRIX),
      get(ROWS), number(4), subtract, set(ROWS), get(ROWS),
    ),
    0x0b,
  ];

  const size = (value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
  const sized = (content) => [...size(content.length), ...content];
  const name = (text) => sized(Array.from(text, (letter) => letter.charCodeAt(0)));
  const section = (id, ...content) => [id, ...sized([1, ...content.flat()])]; // of one entry
  return new WebAssembly.Module(Uint8Array.from([
    0, ...Array.from("asm", (letter) => letter.charCodeAt(0)), 1, 0, 0, 0,
    ...section(1, 0x60, sized(Array(5).fill(I32)), 0), // a function's type
    ...section(2, name("page"), name("memory"), 2, 0, 1), // an import
    ...section(3, 0), // a function of this type
    ...section(7, name("addProduct"), 0, 0), // an export
    ...section(10, sized(body)),
  ]));
})();

// The memory that products take place in: room for so many numbers, zeros at first.
class Room {
  constructor(count) {
    const pages = Math.ceil((4 * count) / 65536);
    const memory = new WebAssembly.Memory({ initial: pages });
    this.numbers = new Float32Array(memory.buffer);
    this.taken = 0;
    this.exports = new WebAssembly.Instance(PRODUCT_MODULE, { page: { memory } }).exports;
  }

  // Return so many numbers that nobody else has.
  take(count) {
    return this.numbers.subarray(this.taken, (this.taken += count));
  }

  // Add `matrix @ vector` to `sums`, all three taken here.
  addProduct(sums, matrix, vector) {
    this.exports.addProduct(
      sums.byteOffset, matrix.byteOffset, vector.byteOffset, sums.length, vector.byteLength,
    );
  }
}

// Add a row of a matrix that is as wide as `sums`.
function addRow(sums, matrix, row, factor = 1) {
  const start = row * sums.length;
  for (let n = 0; n < sums.length; n += 1) sums[n] += factor * matrix[start + n];
}
