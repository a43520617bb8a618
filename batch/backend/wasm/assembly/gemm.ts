/**
 * @file Matrix product C = A·B with arbitrary strides on A and B.
 * B is copied block by block into panels of 8 columns (zero-padded), so that the inner loop reads it
 * in sequence; A is read in place. The inner tile holds 4 × 8 sums in registers. Structure after
 * Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
 */
import { loadLanes, mulAdd, storeLanes } from './lanes';

/** Columns of one panel of B; two SIMD registers. */
const PANEL: i32 = 8;
/** Rows of one tile of C. */
const TILE_ROWS: i32 = 4;
/** Depth of one packed block: a panel of 256 × 8 floats is 8 KB and stays in the first-level cache. */
const DEPTH_BLOCK: i32 = 256;
const COLUMN_BLOCK: i32 = 256;
/** Rows of A visited for all panels before the next rows, so that they stay cached. */
const ROW_BLOCK: i32 = 64;

/** Bytes of scratch that `gemm` needs for a product with `columns` columns and `depth` inner terms. */
export function gemmScratchBytes(columns: i32, depth: i32): i32 {
  const panels = (min(columns, COLUMN_BLOCK) + PANEL - 1) / PANEL;
  return panels * PANEL * min(depth, DEPTH_BLOCK) * 4;
}

/** Copies B[depth, columns] into zero-padded panels [panel][depth][8]. Strides in bytes. */
function pack(b: usize, bRow: usize, bStep: usize, columns: i32, depth: i32, packed: usize): void {
  for (let j = 0; j < columns; j += PANEL) {
    const width = min(columns - j, PANEL);
    let source = b + <usize>j * bStep;
    for (let p = 0; p < depth; p++) {
      if (width == PANEL && bStep == 4) {
        v128.store(packed, v128.load(source));
        v128.store(packed, v128.load(source, 16), 16);
      } else {
        for (let q = 0; q < width; q++) {
          store<f32>(packed + ((<usize>q) << 2), load<f32>(source + <usize>q * bStep));
        }
        for (let q = width; q < PANEL; q++) store<f32>(packed + ((<usize>q) << 2), 0);
      }
      source += bRow;
      packed += PANEL * 4;
    }
  }
}

/** Writes (or adds) one row of up to 8 sums. */
function storeRow(c: usize, low: v128, high: v128, columns: i32, accumulate: bool): void {
  if (columns == PANEL) {
    if (accumulate) {
      v128.store(c, f32x4.add(v128.load(c), low));
      v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
    } else {
      v128.store(c, low);
      v128.store(c, high, 16);
    }
  } else {
    const left = min(columns, 4);
    storeLanes(c, accumulate ? f32x4.add(loadLanes(c, left), low) : low, left);
    if (columns > 4) {
      const right = columns - 4;
      storeLanes(c + 16, accumulate ? f32x4.add(loadLanes(c + 16, right), high) : high, right);
    }
  }
}

/** One tile of C: up to 4 rows × 8 columns over `depth` terms. Missing rows repeat the first and are not stored. */
function tile(
  a: usize,
  aRow: usize,
  aStep: usize,
  rows: i32,
  panel: usize,
  depth: i32,
  c: usize,
  cRow: usize,
  columns: i32,
  accumulate: bool,
): void {
  let a0 = a;
  let a1 = rows > 1 ? a + aRow : a;
  let a2 = rows > 2 ? a + 2 * aRow : a;
  let a3 = rows > 3 ? a + 3 * aRow : a;
  let s00 = f32x4.splat(0),
    s01 = s00,
    s10 = s00,
    s11 = s00,
    s20 = s00,
    s21 = s00,
    s30 = s00,
    s31 = s00;
  if (aRow == 4 && rows == TILE_ROWS) {
    for (let p = 0; p < depth; p++) {
      const b0 = v128.load(panel),
        b1 = v128.load(panel, 16);
      const x0 = v128.load32_splat(a0);
      s00 = mulAdd(s00, x0, b0);
      s01 = mulAdd(s01, x0, b1);
      const x1 = v128.load32_splat(a0, 4);
      s10 = mulAdd(s10, x1, b0);
      s11 = mulAdd(s11, x1, b1);
      const x2 = v128.load32_splat(a0, 8);
      s20 = mulAdd(s20, x2, b0);
      s21 = mulAdd(s21, x2, b1);
      const x3 = v128.load32_splat(a0, 12);
      s30 = mulAdd(s30, x3, b0);
      s31 = mulAdd(s31, x3, b1);
      a0 += aStep;
      panel += PANEL * 4;
    }
  } else {
    for (let p = 0; p < depth; p++) {
      const b0 = v128.load(panel),
        b1 = v128.load(panel, 16);
      const x0 = v128.load32_splat(a0);
      s00 = mulAdd(s00, x0, b0);
      s01 = mulAdd(s01, x0, b1);
      const x1 = v128.load32_splat(a1);
      s10 = mulAdd(s10, x1, b0);
      s11 = mulAdd(s11, x1, b1);
      const x2 = v128.load32_splat(a2);
      s20 = mulAdd(s20, x2, b0);
      s21 = mulAdd(s21, x2, b1);
      const x3 = v128.load32_splat(a3);
      s30 = mulAdd(s30, x3, b0);
      s31 = mulAdd(s31, x3, b1);
      a0 += aStep;
      a1 += aStep;
      a2 += aStep;
      a3 += aStep;
      panel += PANEL * 4;
    }
  }
  storeRow(c, s00, s01, columns, accumulate);
  if (rows > 1) storeRow(c + cRow, s10, s11, columns, accumulate);
  if (rows > 2) storeRow(c + 2 * cRow, s20, s21, columns, accumulate);
  if (rows > 3) storeRow(c + 3 * cRow, s30, s31, columns, accumulate);
}

/**
 * C[rows, columns] = A[rows, depth] · B[depth, columns], or added to C when `accumulate`.
 * Element (i, p) of A lies `i·aRow + p·aStep` floats from `a`, element (p, j) of B `p·bRow + j·bStep`
 * floats from `b`, row i of C `i·cRow` floats from `c`. Needs gemmScratchBytes(columns, depth) at `scratch`.
 */
export function gemm(
  a: usize,
  aRow: i32,
  aStep: i32,
  b: usize,
  bRow: i32,
  bStep: i32,
  c: usize,
  cRow: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const aRowBytes = (<usize>aRow) << 2,
    aStepBytes = (<usize>aStep) << 2;
  const bRowBytes = (<usize>bRow) << 2,
    bStepBytes = (<usize>bStep) << 2;
  const cRowBytes = (<usize>cRow) << 2;
  for (let p = 0; p < depth; p += DEPTH_BLOCK) {
    const deep = min(depth - p, DEPTH_BLOCK);
    const add = accumulate || p > 0;
    for (let j = 0; j < columns; j += COLUMN_BLOCK) {
      const wide = min(columns - j, COLUMN_BLOCK);
      pack(b + <usize>p * bRowBytes + <usize>j * bStepBytes, bRowBytes, bStepBytes, wide, deep, scratch);
      for (let i = 0; i < rows; i += ROW_BLOCK) {
        const last = min(i + ROW_BLOCK, rows);
        for (let q = 0; q < wide; q += PANEL) {
          const panel = scratch + <usize>(q * deep) * 4;
          const target = c + ((<usize>(j + q)) << 2);
          for (let r = i; r < last; r += TILE_ROWS) {
            tile(
              a + <usize>r * aRowBytes + <usize>p * aStepBytes,
              aRowBytes,
              aStepBytes,
              min(last - r, TILE_ROWS),
              panel,
              deep,
              target + <usize>r * cRowBytes,
              cRowBytes,
              min(wide - q, PANEL),
              add,
            );
          }
        }
      }
    }
  }
}

/** Adds bias[columns] to every row of c[rows, columns]. */
export function addBias(c: usize, bias: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<f32>(c, load<f32>(c) + load<f32>(bias + ((<usize>j) << 2)));
      c += 4;
    }
  }
}

/** out[columns] = sum over the rows of a[rows, columns]. */
export function columnSum(a: usize, out: usize, rows: i32, columns: i32): void {
  memory.fill(out, 0, (<usize>columns) << 2);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const target = out + ((<usize>j) << 2);
      store<f32>(target, load<f32>(target) + load<f32>(a));
      a += 4;
    }
  }
}
