import { Matrix, identity } from "./matrix";
import * as text from "./text";

enum Mode { Quiet, Loud = 4 }

function report(m: Matrix, mode: Mode = Mode.Loud): string {
  const trace = m.rows.map((row, i) => row[i]).reduce((a, b) => a + b, 0);
  return mode === Mode.Quiet ? `${trace}` : text.shout(`trace ${trace ?? "none"}`);
}

class Counter<T extends { id: number }> {
  private readonly seen = new Map<number, T>();
  constructor(public readonly name: string) {}
  add(...items: T[]): this {
    for (const item of items) this.seen.set(item.id, item);
    return this;
  }
  get size(): number { return this.seen.size; }
}

const counter = new Counter<{ id: number }>("ids").add({ id: 1 }, { id: 2 }, { id: 1 });
if (process.env.NODE_ENV === "development") console.debug("never in the bundle");
console.log(report(identity(3)), counter.name, counter.size, text.pad("7", 3));
