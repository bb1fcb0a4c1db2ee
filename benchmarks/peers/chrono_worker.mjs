// Reads lines of JSON, each a list of [text, day] pairs; answers each line with the nanoseconds that chrono-node's
// Spanish parser took for all of them. The package's folder is the first argument.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const chrono = createRequire(import.meta.url)(process.argv[2]).es;

for await (const line of createInterface({ input: process.stdin })) {
  const messages = JSON.parse(line).map(([text, day]) => [text, new Date(`${day}T12:00:00`)]);
  const started = process.hrtime.bigint();
  for (const [text, reference] of messages) {
    chrono.parse(text, reference);
  }
  process.stdout.write(`${process.hrtime.bigint() - started}\n`);
}
