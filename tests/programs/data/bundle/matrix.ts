export interface Matrix { readonly rows: number[][] }

export function identity(n: number): Matrix {
  return { rows: Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))) };
}

export function unusedProduct(a: Matrix, b: Matrix): Matrix {
  return { rows: a.rows.map((row) => b.rows[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b.rows[k][j], 0))) };
}
