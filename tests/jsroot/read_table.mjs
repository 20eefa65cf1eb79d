// Prints columns of a TTree or RNTuple as JSROOT reads them: read_table.mjs FILE NAME COLUMN...
// {"type": the class, "complete": whether all entries were read, "rows": {COLUMN: [value of each entry]}}; integers
// beyond 2^53 come as strings where JSROOT has them exactly.
import { openFile } from 'jsroot/io';
import { rntupleProcess } from 'jsroot/rntuple';
import { TSelector, treeProcess } from 'jsroot/tree';

const [path, name, ...columns] = process.argv.slice(2);

function plain(value) {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  return Array.from(value, plain);
}

class Rows extends TSelector {
  constructor() {
    super();
    this.rows = Object.fromEntries(columns.map((column) => [column, []]));
    this.complete = false;
    for (const column of columns) this.addBranch(column);
  }

  Process() {
    for (const column of columns) this.rows[column].push(plain(this.tgtobj[column]));
  }

  Terminate(good) {
    this.complete = good === true;
  }
}

const file = await openFile(path);
const table = await file.readObject(name);
const rows = new Rows();
await (table._typename === 'ROOT::RNTuple' ? rntupleProcess : treeProcess)(table, rows);
console.log(JSON.stringify({ type: table._typename, complete: rows.complete, rows: rows.rows }));
