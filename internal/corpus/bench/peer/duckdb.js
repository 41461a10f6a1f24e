// DuckDB as one would: rows appended in chunks, then grouped once into two
// tables, one ordered by subject and one by object. Zone maps know the first
// eight bytes of a text, which half the names of a suffix have in common, so
// tables are ordered by a hash of the key, and each question names the hash.
// Tried on 3 M rows: ordered by the key itself a lookup takes ten times as long;
// an ART index takes 0.7 times as long, in twice the space.
//
// Command line, rows and answers are those of peer.h:
//
//   node duckdb.js build  ROWS DB
//   node duckdb.js lookup DB QUERIES
//   node duckdb.js heavy  DB QUERIES
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const duckdb = require('@duckdb/node-api');

const KIND_IP = 2;
const MAX_ROW = 1 + 2 * (3 + 1024) + 12;

// readRows calls visit with the bytes of a file and where a row begins in them,
// row by row; visit returns where the row ends.
function readRows(path, visit) {
  const file = fs.openSync(path, 'r');
  const buf = Buffer.allocUnsafe(8 << 20);
  let kept = 0;
  for (;;) {
    const n = fs.readSync(file, buf, kept, buf.length - kept, null);
    const end = kept + n;
    let at = 0;
    while (at < end && (n === 0 || end - at >= MAX_ROW)) {
      at = visit(buf, at);
      if (at > end) throw new Error('rows are cut short');
    }
    buf.copyWithin(0, at, end);
    kept = end - at;
    if (n === 0) break;
  }
  fs.closeSync(file);
}

// valueEnd returns where the value at a place ends.
function valueEnd(buf, at) {
  return at + 3 + (buf[at + 1] | buf[at + 2] << 8);
}

// putValue encodes a value as peer.h does: kind, then labels from the right or
// the raw address.
function putValue(buf, at) {
  const end = valueEnd(buf, at);
  const start = at + 3;
  if (buf[at] === KIND_IP) return putAddress(buf.latin1Slice(start, end));
  const out = new Uint8Array(end - start + 2);
  let to = 0;
  out[to++] = buf[at];
  let stop = end;
  for (let i = end - 1; i >= start; i--) {
    if (buf[i] !== 0x2e) continue;
    for (let j = i + 1; j < stop; j++) out[to++] = buf[j];
    out[to++] = 1;
    stop = i;
  }
  for (let j = start; j < stop; j++) out[to++] = buf[j];
  return out;
}

function putAddress(text) {
  switch (net.isIP(text)) {
    case 4:
      return Uint8Array.from([KIND_IP, 4, ...text.split('.').map(Number)]);
    case 6: {
      const [left, right] = text.split('::').map((side) => side ? side.split(':') : []);
      const zeros = right ? Array(8 - left.length - right.length).fill('0') : [];
      const words = [...left, ...zeros, ...(right ?? [])].map((word) => parseInt(word, 16));
      return Uint8Array.from([KIND_IP, 16, ...words.flatMap((word) => [word >> 8, word & 0xff])]);
    }
  }
  throw new Error('bad address ' + text);
}

// SETTINGS: memory like that of a load of others, not four fifths of the machine.
const SETTINGS = { memory_limit: '8GB' };

async function build(rows, path) {
  const instance = await duckdb.DuckDBInstance.create(path, SETTINGS);
  const db = await instance.connect();
  await db.run('CREATE TEMP TABLE row(s BLOB, r UTINYINT, o BLOB, first UINTEGER, last UINTEGER, n UINTEGER)');
  const { BLOB, UTINYINT, UINTEGER } = duckdb;
  const types = [BLOB, UTINYINT, BLOB, UINTEGER, UINTEGER, UINTEGER];
  const appender = await db.createAppender('row', 'main', 'temp');
  const CHUNK = 2048;
  let columns = types.map(() => []);
  const flush = () => {
    const chunk = duckdb.DuckDBDataChunk.create(types, columns[0].length);
    chunk.setColumns(columns);
    appender.appendDataChunk(chunk);
    columns = types.map(() => []);
  };
  readRows(rows, (buf, at) => {
    const subject = at + 1;
    const object = valueEnd(buf, subject);
    const end = valueEnd(buf, object);
    columns[0].push(duckdb.blobValue(putValue(buf, subject)));
    columns[1].push(buf[at]);
    columns[2].push(duckdb.blobValue(putValue(buf, object)));
    for (let i = 0; i < 3; i++) columns[3 + i].push(buf.readUInt32LE(end + 4 * i));
    if (columns[0].length === CHUNK) flush();
    return end + 12;
  });
  if (columns[0].length > 0) flush();
  appender.closeSync();
  await db.run(`CREATE TABLE forward AS SELECT hash(s) AS h, s, r, o, min(first) AS first, max(last) AS last, sum(n)::UBIGINT AS n
    FROM row GROUP BY s, r, o ORDER BY h`);
  await db.run('DROP TABLE row');
  await db.run('CREATE TABLE reverse AS SELECT hash(o) AS h, o, r, s, first, last, n FROM forward ORDER BY h');
  await db.run('CHECKPOINT');
  db.closeSync();
  instance.closeSync();
}

// FNV-1a of 64 bits in two halves: numbers hold 53.
class Hash {
  low = 0x84222325;
  high = 0xcbf29ce4;

  write(bytes) {
    let { low, high } = this;
    for (let i = 0; i < bytes.length; i++) {
      low = (low ^ bytes[i]) >>> 0;
      const product = low * 0x1b3; // the prime is 2^40 + 0x1b3
      high = (high * 0x1b3 + Math.floor(product / 0x100000000) + ((low << 8) >>> 0)) % 0x100000000;
      low = product % 0x100000000;
    }
    this.low = low;
    this.high = high;
  }

  text() {
    return [this.high, this.low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }
}

// near is the side that is asked about, far the other one.
const SIDES = { lookup: { table: 'forward', near: 's', far: 'o' }, heavy: { table: 'reverse', near: 'o', far: 's' } };

async function ask(what, path, queries) {
  const instance = await duckdb.DuckDBInstance.create(path, { ...SETTINGS, access_mode: 'READ_ONLY' });
  const db = await instance.connect();
  const { table, near, far } = SIDES[what];
  const relation = what === 'heavy' ? ' AND r = $2' : '';
  const where = `FROM ${table} WHERE h = hash($1) AND ${near} = $1${relation}`;
  const sums = await db.prepare(`SELECT count(*), sum(n)::UBIGINT, min(first), max(last) ${where}`);
  const links = await db.prepare(`SELECT r, ${far} ${where} ORDER BY r, ${far}`);
  const asked = [];
  readRows(queries, (buf, at) => {
    const object = valueEnd(buf, at + 1);
    asked.push({ relation: buf[at], key: duckdb.blobValue(putValue(buf, what === 'heavy' ? object : at + 1)) });
    return valueEnd(buf, object) + 12;
  });
  const bind = (statement, query) => {
    statement.bindBlob(1, query.key.bytes);
    if (relation) statement.bindUTinyInt(2, query.relation);
  };
  const summed = async (query) => {
    bind(sums, query);
    return (await sums.runAndReadAll()).getRows()[0];
  };
  const pass = async () => {
    const times = [];
    let read = 0;
    const start = process.hrtime.bigint();
    for (const query of asked) {
      const began = process.hrtime.bigint();
      const [n] = await summed(query);
      times.push(Number(process.hrtime.bigint() - began) / 1e3);
      read += Number(n);
    }
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    times.sort((a, b) => a - b);
    return what === 'heavy' ? read / seconds : times[times.length >> 1];
  };
  await pass(); // untimed
  const speed = await pass();
  const lines = [`speed ${speed.toFixed(4)}`];
  for (const query of asked) {
    const hash = new Hash();
    bind(links, query);
    const result = await links.stream();
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      const relations = chunk.getColumnVector(0);
      const others = chunk.getColumnVector(1);
      for (let i = 0; i < chunk.rowCount; i++) {
        hash.write([relations.getItem(i)]);
        hash.write(others.getItem(i).bytes);
      }
    }
    lines.push(`answer ${(await summed(query)).join(' ')} ${hash.text()}`);
  }
  process.stdout.write(lines.join('\n') + '\n');
}

async function main([command, first, second]) {
  if (command === 'build') {
    const start = process.hrtime.bigint();
    await build(first, second);
    process.stdout.write(`speed ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(4)}\n`);
    return;
  }
  if (!(command in SIDES)) throw new Error('usage: build ROWS DB | lookup DB QUERIES | heavy DB QUERIES');
  await ask(command, first, second);
}

main(process.argv.slice(2)).catch((err) => {
  process.stderr.write(`peer: ${err.message}\n`);
  process.exit(1);
});
