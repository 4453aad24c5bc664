// What the mail programs named do not support of the files named, by the data of caniemail.com.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const found = {};
for (const file of process.argv.slice(3)) {
  const html = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "");
  const { issues } = caniemail({ clients: JSON.parse(process.argv[2]), html });
  for (const [client, list] of issues.errors ?? [])
    for (const issue of list) (found[issue.title] ??= new Set()).add(client);
}
console.log(JSON.stringify(Object.fromEntries(Object.entries(found).map(([k, v]) => [k, [...v].sort()]))));
