// Times nodemailer's pool: node deliver.js PORT LETTERS CONNECTIONS BYTES MODE.
// MODE: raw, compose, or a file of letters, [{subject, text, html}], which are composed in turn.
import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";

const [port, letters, connections, bytes] = process.argv.slice(2, 6).map(Number);
const mode = process.argv[6];
const line = "The quick brown fox jumps over the lazy dog and comes back =E2=80=94 again.\r\n";
const body = line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes - 400);
const pool = createTransport({
  pool: true, host: "127.0.0.1", port, maxConnections: connections, maxMessages: Infinity,
  secure: false, ignoreTLS: true,
});
const written = ["raw", "compose"].includes(mode) ? [] : JSON.parse(readFileSync(mode, "utf8"));
const mail = (n) => {
  const envelope = { from: "b@example.org", to: `u${n}@example.org` };
  if (mode === "raw") {
    const head = `From: a@example.org\r\nTo: u${n}@example.org\r\nMessage-ID: <${n}@example.org>\r\n\r\n`;
    return { envelope, raw: Buffer.from(head + body) };
  }
  if (written.length) {
    const to = `u${n}@example.org`;
    return { envelope, from: "a@example.org", to, ...written[n % written.length] };
  }
  const html = `<p>${n}</p>${body.slice(0, bytes * 0.72)}`;
  return {
    envelope, from: "a@example.org", to: `u${n}@example.org`, subject: `Letter ${n}`,
    textEncoding: "quoted-printable", text: body.slice(0, bytes * 0.27), html,
  };
};
const started = process.hrtime.bigint();
let next = 0;
const lane = async () => {
  while (next < letters) await pool.sendMail(mail(next++));
};
await Promise.all(Array.from({ length: connections * 2 }, lane));
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
const cpu = process.cpuUsage();
pool.close();
console.log(JSON.stringify({ seconds, cpu_seconds: (cpu.user + cpu.system) / 1e6 }));
